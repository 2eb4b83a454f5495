// `npm start` and `npm test` on a machine that has Node and nothing else: installs what is missing, then does the work.
// Plain JavaScript without dependencies, and no syntax newer than Node 14: an old Node must get as far as the message.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'bin', 'cpython-awslc.js');
const oldestNode = [20, 19];

const say = (text) => process.stderr.write(`${text}\n`);

const stop = (exitCode, message) => {
  if (message !== undefined) say(message);
  process.exit(exitCode);
};

/** Exit codes of signals as shells count them; 130 is what Ctrl-C means everywhere in this tool. */
const exitCodeOf = (result) => {
  if (result.error) throw result.error;
  return result.signal === null ? result.status : result.signal === 'SIGINT' ? 130 : 143;
};

/** Runs with everything visible, on standard error. */
const runLoudly = (file, args, options = {}) =>
  exitCodeOf(spawnSync(file, args, { cwd: root, stdio: ['inherit', 2, 2], ...options }));

/** Runs without a word, unless it fails: then the last lines are shown, and the bootstrap ends with exit 1. */
const runQuietly = (what, file, args) => {
  say(`${what} ...`);
  const result = spawnSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) stop(1, `${what} failed: ${file}: ${result.error.message}`);
  const exitCode = exitCodeOf(result);
  if (exitCode === 0) return;
  const lines = `${result.stdout}${result.stderr}`.trimEnd().split('\n').slice(-25);
  stop(
    exitCode === 130 ? 130 : 1,
    `${what} failed (exit code ${exitCode}):\n    ${[file, ...args].join(' ')}\n  last lines:\n${lines.map((line) => `    ${line}`).join('\n')}`,
  );
};

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  stop(
    1,
    `cpython-awslc needs Node ${oldestNode.join('.')} or later; this is Node ${process.versions.node}.\n  Install a newer one from https://nodejs.org, or with your version manager.`,
  );
};

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

/** Whether node_modules is what package-lock.json asks for: npm writes what it installed as the very last thing. */
const nodePackagesFit = () => {
  const wanted = readJson(join(root, 'package-lock.json'));
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '') continue;
    const found = installed.packages[path];
    // Optional packages are for other platforms; development packages are all needed, since the sources are compiled here.
    if (found === undefined && entry.optional === true) continue;
    if (found === undefined || found.version !== entry.version || found.integrity !== entry.integrity) return false;
    if (!existsSync(join(root, path, 'package.json'))) return false;
  }
  return true;
};

const ensureNodePackages = () => {
  if (nodePackagesFit()) return;
  runQuietly('Installing the Node packages', 'npm', [
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
};

/** Modification time of the newest source file or directory; a directory's tells of files that are gone. */
const newestMs = (path) => {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // src/python is not compiled, and Python writes its caches there.
  const names = readdirSync(path).filter((name) => name !== 'python');
  return Math.max(stats.mtimeMs, ...names.map((name) => newestMs(join(path, name))));
};

const ensureDist = () => {
  const entry = join(root, 'dist', 'cli.js');
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name));
  if (existsSync(entry) && statSync(entry).mtimeMs >= Math.max(...sources.map(newestMs))) return;
  // Beside node_modules, so that renaming works and Git does not see it. Whole or not at all: a killed compiler, or two
  // at once, never leave half a dist.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'dist-'));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    runQuietly('Compiling', process.execPath, [
      compiler,
      '-p',
      'tsconfig.build.json',
      '--noEmitOnError',
      '--outDir',
      fresh,
    ]);
    const old = mkdtempSync(join(cache, 'old-'));
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), join(old, 'dist'));
    renameSync(fresh, join(root, 'dist'));
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    // Another bootstrap was faster with the same sources.
    if (!existsSync(entry)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
};

/** The toolchain, by doctor: it asks on a terminal, or is told --yes or CI=true, or prints the command and ends with 2. */
const ensureToolchain = (yes, more) => {
  const words = ['doctor', '--fix', '--required', ...more, ...(yes ? ['--yes'] : [])];
  const exitCode = runLoudly(process.execPath, [bin, ...words]);
  if (exitCode !== 0) process.exit(exitCode);
};

/**
 * What `doctor` must know of a selection: a FIPS build needs more tools. Told by `--fips`, by a version of a FIPS line and
 * by a recipe whose name begins so; what is inside a recipe file is not looked at.
 */
const fipsWords = (args) => {
  const at = args.findIndex((arg) => arg === '--fips' || arg.startsWith('--fips='));
  if (at < 0) return args.some((arg) => /^(?:--awslc=|--recipe=)?fips/.test(arg)) ? ['--fips'] : [];
  const year = args[at] === '--fips' && /^20\d\d$/.test(args[at + 1] ?? '') ? [args[at + 1]] : [];
  return [args[at], ...year];
};

const prepareTool = () => {
  checkNode();
  ensureNodePackages();
  ensureDist();
};

const prepare = (yes, more) => {
  prepareTool();
  ensureToolchain(yes, more);
};

/** `npm start [-- ARGS]`: the default recipe to its verdict. ARGS go to the command `test`; --yes only to doctor. */
const start = (args) => {
  const yes = args.includes('--yes');
  prepare(yes, fipsWords(args));
  const rest = args.filter((arg) => arg !== '--yes');
  // Another recipe may be asked for: then it stands in place of the default one.
  const recipe = rest.some((arg) => arg === '--recipe' || arg.startsWith('--recipe=')) ? [] : ['--recipe', 'default'];
  return exitCodeOf(spawnSync(process.execPath, [bin, 'test', ...recipe, ...rest], { cwd: root, stdio: 'inherit' }));
};

/** Runs an npm script that ends in vitest, and reads vitest's own numbers. */
const runTests = (script, separator) => {
  const directory = mkdtempSync(join(tmpdir(), 'cpython-awslc-test-'));
  const file = join(directory, 'vitest.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const exitCode = runLoudly('npm', ['run', '--silent', script, ...separator, ...reporters]);
    const numbers = readJson(file);
    const passed = numbers ? numbers.numPassedTests : 0;
    const failed = numbers ? numbers.numFailedTests : 0;
    // A type error, a lint finding, or a file that could not even be loaded: not a test, but a failure all the same.
    return { exitCode, passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** `npm test`: everything that `check` does, then a real build to its verdict; the last line counts both. */
const test = (args) => {
  // The real tier has a FIPS cell.
  prepare(args.includes('--yes'), ['--fips', '2025']);
  // `check` hands what comes behind its own `--` to the last of its commands, which is an npm script again.
  const check = runTests('check', ['--', '--']);
  if (check.exitCode !== 0) say('check failed: the real build was not tried.');
  const real = check.exitCode === 0 ? runTests('test:real', ['--']) : { exitCode: 0, passed: 0, failed: 0 };
  process.stdout.write(`${check.passed + real.passed} passed, ${check.failed + real.failed} failed\n`);
  return check.exitCode === 130 || real.exitCode === 130 ? 130 : check.exitCode !== 0 || real.exitCode !== 0 ? 1 : 0;
};

/** For a pipeline: makes the tool ready, and its toolchain too, with what a selection (ARGS) needs beside, unless `--tool-only`. */
const prepareFor = (args) => {
  if (args.includes('--tool-only')) prepareTool();
  else prepare(args.includes('--yes'), fipsWords(args));
  return 0;
};

const [verb, ...args] = process.argv.slice(2);
try {
  if (verb === 'start') process.exitCode = start(args);
  else if (verb === 'test') process.exitCode = test(args);
  else if (verb === 'prepare') process.exitCode = prepareFor(args);
  else stop(2, 'usage: node ci/bootstrap.mjs start|test|prepare [--yes] [ARGS]');
} catch (error) {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  stop(1, `This clone cannot be written to (${error.path}).\n  Make a clone of your own, or run as its owner.`);
}
