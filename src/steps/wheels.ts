import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { removeTree, writeJsonAtomic } from '../io/files.ts';
import { takeFile } from '../io/origins/take.ts';
import { downloadWheels, type WantedWheel } from '../io/pip.ts';
import { hashFile } from '../io/tree.ts';
import type { Fetched } from '../model/fetched.ts';
import type { PipTransport } from '../model/packages.ts';
import type { Action } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { writeRequirements } from '../plan/wheels.ts';
import { runActions } from './actions.ts';
import type { StepContext, StepFunction } from './context.ts';
import { toOriginContext } from './fetch.ts';
import { fillPlaces } from './places.ts';

/** Which wheels are not among the downloads; a damaged one is removed, and counts as missing. */
const findMissing = async (
  wheels: readonly WantedWheel[],
  context: StepContext,
): Promise<Result<readonly WantedWheel[]>> => {
  const missing: WantedWheel[] = [];
  for (const wheel of wheels) {
    const path = join(context.downloadsDir, wheel.sha256);
    try {
      if ((await hashFile(path)) === wheel.sha256) continue;
      context.progress(`${wheel.file} was damaged in the store; it is removed and fetched again`);
      const removed = await removeTree(path);
      if (!removed.ok) return removed;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return fail(ioFailure(error, path, 'read'));
    }
    missing.push(wheel);
  }
  return ok(missing);
};

/** By which TLS the wheels came, as a record says it: never from where. */
const describeTransport = ({ pip, library, handshakes }: PipTransport): string => {
  const kinds = [...new Set(handshakes.map(({ version, cipher }) => `${version} ${cipher}`))].sort();
  return `pip ${pip} ${kinds.length === 0 ? 'without TLS' : `over ${kinds.join(' and ')} of ${library}`}`;
};

const fetchMissing = async (
  action: Extract<Action, { do: 'fetch-wheels' }>,
  missing: readonly WantedWheel[],
  context: StepContext,
): Promise<Result<string>> => {
  if (context.fetch.offline) {
    return fail({
      code: 'offline',
      subject: missing.map(({ file }) => file).join(', '),
      next: 'Run the same command once with a package index in reach: its wheels are kept, and later runs need none.',
    });
  }
  const work = fillPlaces('{work}', context);
  const into = join(work, 'wheels');
  try {
    await mkdir(into, { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, into, 'make'));
  }
  const got = await downloadWheels({
    python: fillPlaces(action.python, context),
    script: fillPlaces('{tool}/package_tools/download.py', context),
    requirements: writeRequirements(missing),
    wheels: missing,
    into,
    work,
    callerEnvironment: context.fetch.callerEnvironment,
    path: fillPlaces('{path}', context),
    logFile: context.logFile,
    signal: context.signal,
    progress: context.progress,
  });
  if (!got.ok) return got;
  for (const { name, version, file, sha256 } of missing) {
    const taken = await takeFile(
      join(into, file),
      `pip ${name}==${version}`,
      { file, sha256 },
      toOriginContext(context),
    );
    if (!taken.ok) {
      if (taken.error.kind === 'stop') return fail(taken.error.failure);
      throw new Error(`${file} was there and could not be taken: ${taken.error.reason}`);
    }
  }
  return ok(describeTransport(got.value));
};

/**
 * Makes sure that the wheels of the package checks lie among the downloads with the right digests; `{tree}` gets a
 * `fetched.json` that names them. Only what is missing is asked of an index. Failures: `offline`, those of `downloadWheels`.
 */
export const fetchWheels: StepFunction = async (step, context) => {
  const action = step.actions.find((candidate) => candidate.do === 'fetch-wheels');
  if (action === undefined) throw new Error(`step ${step.id} fetches no wheels`);
  const missing = await findMissing(action.wheels, context);
  if (!missing.ok) return missing;
  let origin: string | undefined;
  if (missing.value.length > 0) {
    const before = await runActions({ ...step, actions: step.actions.filter((other) => other !== action) }, context);
    if (!before.ok) return before;
    const fetched = await fetchMissing(action, missing.value, context);
    if (!fetched.ok) return fetched;
    origin = fetched.value;
  }
  const files: Fetched['files'] = [];
  for (const { file, sha256 } of action.wheels) {
    const path = join(context.downloadsDir, sha256);
    try {
      files.push({ file, sha256, sizeBytes: (await stat(path)).size });
    } catch (error) {
      return fail(ioFailure(error, path, 'read'));
    }
  }
  const written = await writeJsonAtomic(fillPlaces('{tree}/fetched.json', context), {
    version: 1,
    files,
  } satisfies Fetched);
  if (!written.ok) return written;
  return ok({ commands: [], ...(origin === undefined ? {} : { origin }) });
};
