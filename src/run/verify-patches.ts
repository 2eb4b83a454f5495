import { randomUUID } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { runProgram } from '../io/process.ts';
import type { CpythonEntry } from '../model/catalogue.ts';
import type { Listener } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { Host } from '../model/host.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { PatchCheck } from '../model/patch-check.ts';
import type { Plan, Step } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import { buildEnvironment } from '../plan/environment.ts';
import { judgeHunks, patchedFiles, readHunks } from '../plan/patch-output.ts';
import { planSource } from '../plan/sources.ts';
import { describeFailure } from '../report/failure.ts';
import type { FetchPolicy } from '../steps/context.ts';
import { toolDir } from './data.ts';
import { executePlan } from './execute.ts';
import { stepFunctions } from './step-functions.ts';
import type { Store } from './store.ts';

export interface VerifyPatchesInput {
  readonly entries: readonly CpythonEntry[];
  readonly patches: readonly LoadedPatch[];
  readonly host: Host;
  readonly store: Store;
  readonly fetch: FetchPolicy;
  /** The caller's PATH, absolute directories only. */
  readonly path: string;
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

const isInRange = ({ versions }: LoadedPatch, version: string): boolean =>
  compareVersions(version, versions.first) >= 0 && compareVersions(version, versions.last) <= 0;

/** Applies one patch to copies of the files that it changes, as leniently as patch can, and tells how it fits. */
const applyPatch = async (
  patch: LoadedPatch,
  directory: string,
  input: VerifyPatchesInput,
): Promise<Result<PatchCheck['hunks']>> => {
  const file = join(directory, patch.file);
  await writeFile(file, patch.text);
  const tree = join(directory, 'tree');
  const ran = await runProgram(['patch', '--batch', '--verbose', '-p1', '--fuzz=2', '-d', tree, '-i', file], {
    purpose: `apply patches/${patch.series}/${patch.file}`,
    cwd: directory,
    env: { PATH: input.path, LC_ALL: 'C' },
    signal: input.signal,
  });
  if (ran.ok) return ok(readHunks(ran.value.stdout));
  // A hunk that fits nowhere is what was asked about, not a failure of the program.
  return ran.error.code === 'command-failed' ? ok(readHunks(ran.error.lastLines.join('\n'))) : ran;
};

const checkVersion = async (
  entry: CpythonEntry,
  patches: readonly LoadedPatch[],
  source: string,
  directory: string,
  input: VerifyPatchesInput,
): Promise<Result<readonly PatchCheck[]>> => {
  const checks: PatchCheck[] = [];
  try {
    for (const file of new Set(patches.flatMap(({ text }) => patchedFiles(text)))) {
      await mkdir(dirname(join(directory, 'tree', file)), { recursive: true });
      await cp(join(source, file), join(directory, 'tree', file)).catch(() => undefined);
    }
    for (const patch of patches) {
      const hunks = await applyPatch(patch, directory, input);
      if (!hunks.ok) return hunks;
      checks.push({
        python: entry.version,
        patch: `${patch.series}/${patch.file}`,
        state: judgeHunks(hunks.value),
        inRange: isInRange(patch, entry.version),
        hunks: hunks.value,
      });
    }
    return ok(checks);
  } catch (error) {
    return fail(ioFailure(error, directory, 'write in'));
  }
};

const summarize = (failure: Failure): string =>
  failure.code === 'origins-exhausted'
    ? failure.attempts.map(({ origin, reason }) => `${origin}: ${reason}`).join('; ')
    : (describeFailure(failure).split('\n')[0] ?? failure.code);

/**
 * Applies every patch to every version of its series that can be fetched. A source that cannot be fetched is a check of
 * its own, not a failure. Failures: of the store and of `patch` (`tool-missing`, `interrupted`).
 */
export const verifyPatches = async (input: VerifyPatchesInput): Promise<Result<readonly PatchCheck[]>> => {
  const { store, host, signal } = input;
  const wanted = input.entries.map((entry) => ({
    entry,
    patches: input.patches.filter(({ series }) => series === entry.series),
    ...planSource({ kind: 'archive', archive: entry.archive }, 'cpython', `CPython ${entry.version}`),
  }));
  const steps: Step[] = wanted.flatMap((one) => [...one.steps]);
  const plan: Plan = {
    version: 1,
    kind: 'plan',
    recipe: 'patches',
    resolved: [],
    notes: [],
    platform: host.platform,
    tools: [...host.tools],
    assets: [],
    environment: { ...buildEnvironment },
    test: { preset: 'quick', files: [], match: [] },
    cells: [],
    steps,
  };
  const directory = join(store.tmp, `patches-${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true });
    const outcomes = await executePlan({
      plan,
      goals: wanted.map(({ tree }) => tree),
      store,
      machine: host.machine,
      functions: stepFunctions,
      jobs: input.jobs,
      keepGoing: true,
      toolDir,
      path: input.path,
      logDir: directory,
      fetch: input.fetch,
      rerun: [],
      signal,
      listener: input.listener,
    });
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
    const checks: PatchCheck[] = [];
    for (const { entry, patches, tree, steps: sources } of wanted) {
      const stored = outcomes.find(({ step }) => step.id === tree.id)?.stored;
      if (stored === undefined) {
        const failure = outcomes.find(
          ({ step, failure: why }) => why !== undefined && sources.some(({ id }) => id === step.id),
        )?.failure;
        const why = failure === undefined ? 'not fetched' : summarize(failure);
        for (const patch of patches) {
          checks.push({
            python: entry.version,
            patch: `${patch.series}/${patch.file}`,
            state: 'not-fetched',
            inRange: isInRange(patch, entry.version),
            hunks: [],
            why,
          });
        }
        continue;
      }
      const work = join(directory, entry.version);
      await mkdir(work);
      const checked = await checkVersion(entry, patches, stored.tree, work, input);
      if (!checked.ok) return checked;
      checks.push(...checked.value);
    }
    return ok(checks);
  } catch (error) {
    return fail(ioFailure(error, directory, 'write in'));
  } finally {
    await removeTree(directory);
  }
};
