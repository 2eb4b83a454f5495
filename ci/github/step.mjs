// The steps of action.yml: `node step.mjs prepare|keys|run`. Inputs come as INPUT_ variables and become arguments, one for one: no shell
// reads them. Node alone runs this, before anything is installed.
import { spawnSync } from 'node:child_process';
import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { own, running, selection, variableOf } from './source/inputs.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { env } = process;
const commands = ['build', 'prove', 'test', 'matrix', 'job-matrix', 'merge'];
/** What GitHub takes of a summary for each step, with room for the last line. */
const summaryBytes = 1024 * 1024 - 4096;

const input = (name) => (env[variableOf(name)] ?? own[name]?.default ?? '').trim();
const isTrue = (name) => input(name) === 'true';
const lines = (name, separator = /[\n,]+/) =>
  input(name)
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '');
/** Labels of runners and patterns of cases may have commas in them; ids of cells have blanks between them. */
const valuesOf = (name) =>
  lines(name, name === 'runner' || name === 'match' ? /\n+/ : name === 'cell' ? /[\s,]+/ : undefined);

const stop = (message) => {
  process.stdout.write(`::error title=cpython-awslc::${message.replaceAll('%', '%25').replaceAll('\n', '%0A')}\n`);
  process.exit(2);
};

/** One input as arguments. A value stays in the word of its option, so that none can be taken for another option. */
const toArguments = ([name, { option }]) => {
  if (option === 'flag') return isTrue(name) ? [`--${name}`] : [];
  if (option === 'each') return valuesOf(name).map((value) => `--${name}=${value}`);
  const value = input(name);
  if (value === '' || (option === 'maybe' && value === 'false')) return [];
  return option === 'maybe' && value === 'true' ? [`--${name}`] : [`--${name}=${value}`];
};

const chosenCommand = () => {
  const command = input('command');
  if (!commands.includes(command)) stop(`command: ${command}: not one of ${commands.join(', ')}.`);
  return command;
};

const selectionArguments = () => Object.entries(selection).flatMap(toArguments);

const argumentsOf = (command) => [
  ...(command === 'merge' ? [] : selectionArguments()),
  ...Object.entries(running)
    .filter(([, { commands: takers }]) => takers.includes(command))
    .flatMap(toArguments),
  ...(isTrue('rerun') && ['prove', 'test', 'matrix'].includes(command) ? ['--rerun'] : []),
  ...(isTrue('cache-write') && input('cache-url') !== '' && !['job-matrix', 'merge'].includes(command)
    ? ['--cache-write']
    : []),
];

/** Outputs of a step, each with an end of its own that no value can have. */
const giveOutputs = (outputs) => {
  const text = Object.entries(outputs)
    .map(([name, value]) => {
      const end = `end-${randomUUID()}`;
      return `${name}<<${end}\n${value}\n${end}\n`;
    })
    .join('');
  appendFileSync(env.GITHUB_OUTPUT, text);
};

/** Makes this tool ready, and what it builds with unless only cells are listed or records merged. */
const prepare = () => {
  const command = chosenCommand();
  const needsTools = isTrue('toolchain') && !['job-matrix', 'merge'].includes(command);
  // A recipe does not say by its name that it has FIPS cells; their ids do.
  const fips = input('fips') === '' && valuesOf('cell').some((id) => id.includes('+awslc-fips-')) ? ['--fips'] : [];
  const words = needsTools ? ['--yes', ...fips, ...selectionArguments()] : ['--tool-only'];
  const { status } = spawnSync(process.execPath, [join(root, 'ci', 'bootstrap.mjs'), 'prepare', ...words], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
};

const storeDir = () => {
  const asked = input('store');
  if (asked !== '') return resolve(asked);
  const cache = env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'cpython-awslc');
};

const digest = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** The inputs as a selection of the library. */
const toSelection = () => {
  const camel = (name) => name.replace(/-./g, (part) => part[1].toUpperCase());
  const entries = Object.entries({ ...selection, preset: running.preset })
    .filter(([name]) => !['store', 'offline', 'mirror'].includes(name) && input(name) !== '')
    .map(([name, { option }]) => {
      const value = input(name);
      if (option === 'each') return [camel(name), valuesOf(name)];
      return [camel(name), option === 'flag' || value === 'true' || value === 'false' ? value === 'true' : value];
    });
  return Object.fromEntries(entries);
};

/**
 * Keys of the caches. That of steps is the digest of the fingerprints of what is built, which cover all that can change it: an equal key has
 * equal steps, and of another one each step is looked up by its own fingerprint and verified. Proofs and suites are no part
 * of it, and `rerun` makes them anew: a runner that looks the same is another machine.
 */
const keys = async () => {
  chosenCommand();
  const { plan } = await import(pathToFileURL(join(root, 'dist', 'index.js')).href);
  const store = storeDir();
  const planned = await plan(toSelection(), { store, offline: isTrue('offline'), mayBeElsewhere: true });
  if (!planned.ok) {
    process.stdout.write('No key for the cache: the plan cannot be made here; the step that runs it says why.\n');
    return;
  }
  const asked = valuesOf('cell');
  const cells = planned.value.cells.filter(({ id }) => asked.length === 0 || asked.includes(id));
  const ids = new Set(cells.flatMap(({ steps }) => Object.values(steps)));
  const fingerprints = planned.value.steps
    .filter(({ id, kind }) => ids.has(id) && kind !== 'prove' && kind !== 'test')
    .map(({ fingerprint }) => fingerprint)
    .sort();
  const job = input('cache-key') === '' ? digest(cells.map(({ id }) => id)) : input('cache-key');
  const name = (what) => `cpython-awslc-${what}-v1-${env.RUNNER_OS}-${env.RUNNER_ARCH}-${job}-`.replaceAll(',', '_');
  giveOutputs({
    'steps-path': ['downloads', 'steps'].map((part) => join(store, 'v1', part)).join('\n'),
    'steps-prefix': name('steps'),
    'steps-key': `${name('steps')}${digest(fingerprints)}`,
    'runs-path': join(store, 'v1', 'runs'),
    'runs-prefix': name('runs'),
    'runs-key': `${name('runs')}${env.GITHUB_RUN_ID}-${env.GITHUB_RUN_ATTEMPT}`,
  });
};

const verdicts = {
  0: 'as-expected',
  1: 'failed',
  2: 'usage',
  3: 'unexpected',
  4: 'integrity',
  5: 'not-proved',
  70: 'bug',
  130: 'interrupted',
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The command's end, with standard output in a file. Text of programs must not be taken for commands of the runner. */
const runTool = (args, resultFile) => {
  const token = randomUUID();
  const file = openSync(resultFile, 'w');
  process.stdout.write(`::stop-commands::${token}\n`);
  const more = { CPYTHON_AWSLC_CACHE: input('cache-url'), CPYTHON_AWSLC_CACHE_TOKEN: input('cache-token') };
  const set = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== ''));
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'cpython-awslc.js'), ...args], {
    stdio: ['ignore', file, 'inherit'],
    env: { ...env, ...set },
  });
  closeSync(file);
  process.stdout.write(`::${token}::\n`);
  return status ?? 130;
};

const addSummary = (text) => {
  const bytes = Buffer.from(text);
  const isWhole = bytes.length <= summaryBytes;
  const shown = isWhole
    ? text
    : `${bytes.subarray(0, summaryBytes).toString('utf8')}\n\n(cut: the artifact has the whole report)`;
  if (text !== '') appendFileSync(env.GITHUB_STEP_SUMMARY, `${shown}\n`);
};

/** Options for reports, and the file that has the run's record. */
const reportsOf = (command, report) => {
  const to = (option, name) => `--${option}=${join(report, name)}`;
  const written = [to('markdown', 'summary.md'), to('annotations', 'annotations.txt')];
  switch (command) {
    case 'build':
      return [];
    case 'prove':
      return written;
    case 'test':
      return [...written, to('junit', 'junit.xml')];
    case 'matrix':
      return [...written, to('junit', 'junit.xml'), to('html', 'index.html'), `--output=${report}`];
    case 'merge':
      return [...written, to('junit', 'junit.xml'), to('html', 'index.html'), to('output', 'matrix.json')];
    default:
      return [];
  }
};

const jobMatrix = () => {
  const file = join(mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), 'cpython-awslc-')), 'matrix.json');
  const exitCode = runTool(['matrix', '--engine=github', ...argumentsOf('job-matrix')], file);
  giveOutputs({
    verdict: verdicts[exitCode] ?? 'failed',
    'exit-code': exitCode,
    ...(exitCode === 0 ? { matrix: read(file).trim() } : {}),
  });
  return exitCode;
};

const run = () => {
  const command = chosenCommand();
  if (command === 'job-matrix') process.exit(jobMatrix());
  const report = mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), 'cpython-awslc-'));
  mkdirSync(report, { recursive: true });
  const named = command === 'merge' ? ['--', ...lines('runs', /\n+/)] : [];
  const result = join(report, 'result.json');
  const args = [command, ...argumentsOf(command), '--json', ...reportsOf(command, report), ...named];
  const exitCode = runTool(args, result);
  process.stdout.write(read(join(report, 'annotations.txt')));
  addSummary(read(join(report, 'summary.md')));
  const document = parse(read(result));
  const cells = Array.isArray(document?.cells) ? document.cells : [];
  const id = typeof document?.run === 'string' ? document.run : undefined;
  giveOutputs({
    verdict: verdicts[exitCode] ?? 'failed',
    'exit-code': exitCode,
    python: cells.length === 1 && typeof cells[0].python === 'string' ? cells[0].python : '',
    report,
    run:
      command === 'matrix'
        ? join(report, 'run.json')
        : id === undefined
          ? ''
          : join(storeDir(), 'v1', 'runs', id, 'run.json'),
  });
  process.exit(isTrue('fail') ? exitCode : 0);
};

const [verb] = process.argv.slice(2);
if (verb === 'prepare') prepare();
else if (verb === 'keys') await keys();
else if (verb === 'run') run();
else stop('usage: node step.mjs prepare|keys|run');
