import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { runProgram } from '../io/process.ts';
import type { CpythonEntry } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { PatchCheck } from '../model/patch-check.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { isWithin } from '../model/version.ts';
import { judgeHunks, patchedFiles, readHunks } from '../plan/patch-output.ts';
import { planSource } from '../plan/sources.ts';
import { describeInOneLine } from '../report/failure.ts';
import { runLooseSteps, type LooseStepsInput } from './loose-steps.ts';

export interface VerifyPatchesInput extends LooseStepsInput {
  readonly entries: readonly CpythonEntry[];
  readonly patches: readonly LoadedPatch[];
}

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
    await mkdir(join(directory, 'tree'), { recursive: true });
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
        inRange: isWithin(entry.version, patch.versions),
        hunks: hunks.value,
      });
    }
    return ok(checks);
  } catch (error) {
    return fail(ioFailure(error, directory, 'write in'));
  }
};

const notFetched = (
  entry: CpythonEntry,
  patches: readonly LoadedPatch[],
  failure: Failure | undefined,
): readonly PatchCheck[] =>
  patches.map((patch) => ({
    python: entry.version,
    patch: `${patch.series}/${patch.file}`,
    state: 'not-fetched',
    inRange: isWithin(entry.version, patch.versions),
    hunks: [],
    why: failure === undefined ? 'not fetched' : describeInOneLine(failure),
  }));

/**
 * Applies every patch to every version of its series that can be fetched. A source that cannot be fetched is a check of
 * its own, not a failure. Failures: of the store and of `patch` (`tool-missing`, `interrupted`).
 */
export const verifyPatches = async (input: VerifyPatchesInput): Promise<Result<readonly PatchCheck[]>> => {
  const { signal } = input;
  const wanted = input.entries.map((entry) => ({
    entry,
    patches: input.patches.filter(({ series }) => series === entry.series),
    ...planSource({ kind: 'archive', archive: entry.archive }, 'cpython', `CPython ${entry.version}`),
  }));
  const steps = wanted.flatMap((one) => one.steps);
  const goals = wanted.map(({ tree }) => tree);
  return runLooseSteps('patches', steps, goals, input, async (outcomes, scratch) => {
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
    const checks: PatchCheck[] = [];
    for (const { entry, patches, tree, steps: sources } of wanted) {
      const stored = outcomes.find(({ step }) => step.id === tree.id)?.stored;
      if (stored === undefined) {
        const ofSource = outcomes.filter(({ step }) => sources.some(({ id }) => id === step.id));
        const failure = ofSource.find((outcome) => outcome.failure !== undefined)?.failure;
        checks.push(...notFetched(entry, patches, failure));
        continue;
      }
      const checked = await checkVersion(entry, patches, stored.tree, join(scratch, entry.version), input);
      if (!checked.ok) return checked;
      checks.push(...checked.value);
    }
    return ok(checks);
  });
};
