import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ioFailure } from '../io/failure.ts';
import { removeTree, writeJsonAtomic } from '../io/files.ts';
import { runProgram, type RunningProgram } from '../io/process.ts';
import { followSuiteEvents } from '../io/suite-events.ts';
import { parseJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { environmentFactsSchema, type EnvironmentFacts, type SuiteEvent } from '../model/suite.ts';
import type { CasesByFile } from '../plan/shards.ts';

/** How often the events file is looked at, in milliseconds. */
const pollMs = 200;
/** How long a silent process may take to write its tracebacks before its group is killed, in milliseconds. */
const dumpGraceMs = 3000;
/** Tests make Unix sockets below TMPDIR, whose whole path may take 107 bytes. */
const longestScratchBytes = 60;
const lastLineCount = 25;

/** What every process of a pass has in common. */
export interface DriverSetting {
  /** Absolute path of the built interpreter. */
  readonly python: string;
  /** The directory that holds driver.py. */
  readonly toolDir: string;
  /** The complete environment; HOME and TMPDIR are replaced by directories of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Enabled regrtest resources, `network`. */
  readonly resources: readonly string[];
  /** Each process gets a directory of its own below it, removed when the process ends. */
  readonly scratchDir: string;
  /** What the tests print goes to `LABEL.log` here. */
  readonly logDir: string;
  readonly signal: AbortSignal;
  /** A process that writes no event for so long is hung. */
  readonly silentMs: number;
}

/** What one process does. */
export interface DriverTask {
  readonly label: string;
  /** Options and file names of driver.py. */
  readonly args: readonly string[];
  readonly cases?: CasesByFile;
  readonly withFacts?: boolean;
  readonly onEvents?: (events: readonly SuiteEvent[]) => void;
}

export interface DriverOutcome {
  readonly events: readonly SuiteEvent[];
  /** Why the process did not end well: `signal SIGSEGV`, `exit code 1`, `no event for 300 s`. */
  readonly death?: string;
  readonly facts?: EnvironmentFacts;
}

/** Makes the directories of one process, in a short place when the scratch directory's own path is too long for sockets. */
const makePlace = async (setting: DriverSetting): Promise<Result<string>> => {
  const short = Buffer.byteLength(setting.scratchDir) <= longestScratchBytes;
  const parent = short ? setting.scratchDir : tmpdir();
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(setting.logDir, { recursive: true });
    const place = await mkdtemp(join(parent, 's-'));
    for (const name of ['home', 'tmp', 'cwd']) await mkdir(join(place, name));
    return ok(place);
  } catch (error) {
    return fail(ioFailure(error, parent, 'make a directory for tests'));
  }
};

const readLastLines = async (path: string): Promise<readonly string[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lastLineCount);
};

const readFacts = async (path: string): Promise<Result<EnvironmentFacts>> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return fail(ioFailure(error, path, 'read the facts of the environment'));
  }
  const facts = parseJson(environmentFactsSchema, text);
  return facts.ok ? facts : fail({ code: 'record-invalid', path, problems: facts.error });
};

const runIn = async (place: string, setting: DriverSetting, task: DriverTask): Promise<Result<DriverOutcome>> => {
  const eventsFile = join(place, 'events');
  const casesFile = join(place, 'cases.json');
  const factsFile = join(place, 'facts.json');
  const logFile = join(setting.logDir, `${task.label}.log`);
  if (task.cases !== undefined) {
    const written = await writeJsonAtomic(casesFile, task.cases);
    if (!written.ok) return written;
  }
  let program: RunningProgram | undefined;
  const state = { ended: false };
  const argv = [
    setting.python,
    '-u',
    join(setting.toolDir, 'driver.py'),
    ...['--events', eventsFile, '--log', logFile],
    ...(setting.resources.length > 0 ? ['--resources', setting.resources.join(',')] : []),
    ...(task.cases === undefined ? [] : ['--cases-from', casesFile]),
    ...(task.withFacts === true ? ['--facts', factsFile] : []),
    ...task.args,
  ];
  const ending = runProgram(argv, {
    purpose: 'run the suites',
    cwd: join(place, 'cwd'),
    env: { ...setting.env, HOME: join(place, 'home'), TMPDIR: join(place, 'tmp') },
    logFile,
    signal: setting.signal,
    onSpawn: (spawned) => {
      program = spawned;
    },
  }).finally(() => {
    state.ended = true;
  });
  const reader = followSuiteEvents(eventsFile);
  const events: SuiteEvent[] = [];
  let lastEventAt = performance.now();
  let abortedAt: number | undefined;
  for (let last = false; !last;) {
    await Promise.race([ending, sleep(pollMs)]);
    // Read once more after the end: what was written last counts too.
    last = state.ended;
    const fresh = await reader.read();
    if (!fresh.ok) {
      program?.signalGroup('SIGKILL');
      await ending;
      return fresh;
    }
    const now = performance.now();
    if (fresh.value.length > 0) {
      lastEventAt = now;
      events.push(...fresh.value);
      task.onEvents?.(fresh.value);
    } else if (abortedAt === undefined && now - lastEventAt > setting.silentMs) {
      abortedAt = now;
      // faulthandler answers with the tracebacks of all threads, in the log; the tests run in a child of the driver.
      program?.signalGroup('SIGABRT');
    } else if (abortedAt !== undefined && now - abortedAt > dumpGraceMs) {
      program?.signalGroup('SIGKILL');
    }
  }
  const ended = await ending;
  // What tests left running would hold ports and files.
  program?.signalGroup('SIGKILL');
  if (!ended.ok && ended.error.code !== 'command-failed') return ended;
  if (!ended.ok && events.length === 0 && ended.error.code === 'command-failed') {
    return fail({ ...ended.error, lastLines: await readLastLines(logFile) });
  }
  const death =
    abortedAt !== undefined
      ? `no event for ${Math.round(setting.silentMs / 1000)} s`
      : !ended.ok && ended.error.code === 'command-failed'
        ? ended.error.exit
        : undefined;
  const facts = task.withFacts === true ? await readFacts(factsFile) : undefined;
  if (facts !== undefined && !facts.ok) return facts;
  return ok({
    events,
    ...(death === undefined ? {} : { death }),
    ...(facts === undefined ? {} : { facts: facts.value }),
  });
};

/**
 * Runs driver.py once, in directories and a process group of its own, and returns its events. A crash or hang of the tests is
 * an outcome, not a failure. Failures: `command-failed` (the driver itself does not start), `tool-missing`, `interrupted`,
 * `disk-full`, `io-failed`, `record-invalid`.
 */
export const runDriver = async (setting: DriverSetting, task: DriverTask): Promise<Result<DriverOutcome>> => {
  const place = await makePlace(setting);
  if (!place.ok) return place;
  const outcome = await runIn(place.value, setting, task);
  const removed = await removeTree(place.value);
  return outcome.ok && !removed.ok ? removed : outcome;
};
