import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import { removeTree, writeFileAtomic } from '../io/files.ts';
import type { Roster } from '../model/manifest.ts';
import { prettyJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { presetFiles } from '../plan/presets.ts';
import { runDriver } from '../steps/test-driver.ts';
import { makeRoster } from '../verdict/roster.ts';
import { recipesDir, toolDir } from './data.ts';
import type { Store } from './store.ts';

export interface RosterRequest {
  /** The installed tree's `opt/cpython-awslc`. */
  readonly prefix: string;
  readonly version: string;
  readonly store: Store;
  readonly searchPath: string;
  readonly signal: AbortSignal;
}

/** Importing every test file takes seconds; a process that says nothing for this long is hung, in milliseconds. */
const silentMs = 240_000;

/** Lists what a plain run of the crypto preset's files starts. */
const listRoster = async (request: RosterRequest, work: string, scratchDir: string): Promise<Result<Roster>> => {
  const { signal, searchPath } = request;
  const env = { PATH: searchPath, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  // A copy: importing tests may write .pyc files beside them.
  const prefix = join(work, 'opt');
  const copied = await copyTree({ from: request.prefix, to: prefix, linked: true, env, signal });
  if (!copied.ok) return copied;
  const label = 'list';
  const args = ['--list', ...presetFiles.crypto];
  const listed = await runDriver(
    { python: join(prefix, 'bin', 'python3'), toolDir, env, resources: [], scratchDir, logDir: work, signal, silentMs },
    { label, args },
  );
  if (!listed.ok) return listed;
  const { death, events } = listed.value;
  if (death !== undefined) {
    const log = await readFile(join(work, `${label}.log`), 'utf8').catch(() => '');
    return fail({
      code: 'command-failed',
      step: 'list the cases of the suites',
      argv: ['driver.py', ...args],
      exit: death,
      log: '',
      lastLines: log.trimEnd().split('\n').slice(-25),
    });
  }
  return ok(makeRoster(events));
};

/**
 * Makes the roster of a built CPython: every case that a plain run of the crypto preset starts, in
 * `recipes/rosters/<version>.json`. Returns the file. Failures: those of `runDriver`, `io-failed`, `disk-full`.
 */
export const writeRoster = async (request: RosterRequest): Promise<Result<string>> => {
  const work = join(request.store.tmp, `pin-${process.pid}-${randomUUID()}`);
  let scratchDir: string;
  try {
    // A short path: tests make Unix sockets below it, whose whole path may take 107 bytes.
    scratchDir = await mkdtemp(join(tmpdir(), 'cpa-'));
  } catch (error) {
    return fail(ioFailure(error, tmpdir(), 'make a scratch directory in'));
  }
  try {
    const roster = await listRoster(request, work, scratchDir);
    if (!roster.ok) return roster;
    if (roster.value.python !== request.version)
      throw new Error(`${request.version} calls itself ${roster.value.python}`);
    const file = join(recipesDir, 'rosters', `${request.version}.json`);
    const written = await writeFileAtomic(file, prettyJson(roster.value));
    return written.ok ? ok(file) : written;
  } finally {
    await removeTree(work);
    await removeTree(scratchDir);
  }
};
