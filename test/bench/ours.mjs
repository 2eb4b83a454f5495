// This tool's own runs.
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { measure } from './measure.mjs';

export const root = resolve(import.meta.dirname, '../..');
const bin = join(root, 'bin', 'cpython-awslc.js');

/** Whether `dist/` is not what the sources say: then something else would be measured. */
export const isBuildStale = () => {
  const built = statSync(join(root, 'dist', 'cli.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  return sources.some(
    (entry) => entry.name.endsWith('.ts') && statSync(join(entry.parentPath, entry.name)).mtimeMs > built,
  );
};

/** Runs the command line and returns its sample and its `--json` document; without a compile cache unless its directory is named. */
const runCli = async (args, { ccacheDir, ...options } = {}) => {
  const cache = ccacheDir === undefined ? { CCACHE_DISABLE: '1' } : { CCACHE_DIR: ccacheDir };
  const env = { ...process.env, ...cache };
  const ran = await measure([process.execPath, bin, ...args], { keepOutput: true, env, ...options });
  return { sample: ran.sample, document: args.includes('--json') ? JSON.parse(ran.output) : undefined };
};

export const measureNode = async () => (await measure([process.execPath, '-e', '0'])).sample;
export const measureHelp = async () => (await runCli(['--help'])).sample;

/** Brings the default recipe's sources into a store. */
export const fetchSources = (store, { args = [], logFile } = {}) =>
  runCli(['fetch', '--store', store, ...args], { logFile });

/** The newest `count` versions of the same line as the planned one, oldest first, the planned one left out. */
export const findOtherAwslc = (planned, count) => {
  const { entries } = JSON.parse(readFileSync(join(root, 'recipes', 'catalogue', 'awslc.json'), 'utf8'));
  const line = entries.find(({ version }) => version === planned)?.line;
  const numbers = (version) =>
    version
      .split('.')
      .map((part) => part.padStart(6, '0'))
      .join('.');
  return entries
    .filter((entry) => entry.line === line && entry.version !== planned)
    .map(({ version }) => version)
    .sort((a, b) => (numbers(a) < numbers(b) ? -1 : 1))
    .slice(-count);
};

/** The plan of the default recipe. */
export const readPlan = async (store) => (await runCli(['plan', '--json', '--store', store])).document;

/** `test`, with whatever it needs; `seconds` tells how long each step took that was not recorded already. */
export const measureTest = async (store, { args = [], logFile, ccacheDir } = {}) => {
  const options = { logFile, ccacheDir, acceptedExitCodes: [0, 3] };
  const { sample, document } = await runCli(['test', '--json', '--store', store, ...args], options);
  const record = JSON.parse(readFileSync(join(store, 'v1', 'runs', document.run, 'run.json'), 'utf8'));
  const done = document.recorded ? [] : record.cells[0].steps.filter(({ outcome }) => outcome === 'done');
  const seconds = Object.fromEntries(
    done.map(({ id, durationMs }) => [id.replace(/-[0-9a-f]+$/, ''), durationMs / 1000]),
  );
  return { sample, document, seconds };
};

/** Runs a command up to a stage and returns what it cost. */
export const measureStage = async (store, stage, { args, logFile, ccacheDir }) =>
  (await runCli([stage, '--store', store, ...args], { logFile, ccacheDir, acceptedExitCodes: [0, 3] })).sample;

/** Whether the machine has a compile cache. */
export const hasCcache = () => spawnSync('ccache', ['--version']).status === 0;

/** Trees of a store are write-protected. */
export const removeStore = (store) =>
  execFileSync('sh', ['-c', 'test ! -e "$1" || { chmod -R u+w "$1" && rm -rf "$1"; }', 'sh', store]);

/** A whole copy of a store, times included: a store is checked by them. */
export const copyStore = (store, into) => {
  removeStore(into);
  execFileSync('cp', ['-a', store, into]);
};

/** An empty store, but with the downloads of another: networks are no part of a build's speed. */
export const makeEmptyStore = (store, downloads) => {
  removeStore(store);
  const into = join(store, 'v1', 'downloads');
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(downloads)) {
    try {
      linkSync(join(downloads, name), join(into, name));
    } catch {
      cpSync(join(downloads, name), join(into, name));
    }
  }
};

/** A linked copy of a finished Python: a store's own tree is never run. */
export const copyPython = (python, into) => {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  execFileSync('cp', ['-al', resolve(python, '../..'), join(into, 'python')]);
  execFileSync('find', [join(into, 'python'), '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+']);
  return join(into, 'python', 'bin', 'python3');
};

/** Bytes on disk below a directory, hard links counted once. */
export const measureDisk = (path) =>
  Number(execFileSync('du', ['-s', '-B1', path], { encoding: 'utf8' }).split('\t')[0]);
