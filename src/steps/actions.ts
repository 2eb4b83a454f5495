import { mkdir, readFile, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Failure } from '../model/failure.ts';
import type { Action, Step } from '../model/plan.ts';
import type { StepRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import { removeTree, writeFileAtomic } from '../io/files.ts';
import { expandPattern } from '../io/pattern.ts';
import { runProgram } from '../io/process.ts';
import { substituteFiles } from '../io/substitute.ts';
import { synchronizeTree } from '../io/synchronize.ts';
import { useCompileCache } from './compile-cache.ts';
import type { StepContext } from './context.ts';
import { useKnownAnswers } from './known-answers.ts';
import { fillEnvironment, fillPlaces, hidePlaces } from './places.ts';

type Ran = StepRecord['commands'][number];

/** Changes an environment; what is given as undefined is taken away. */
const changeEnvironment = (
  environment: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ ...environment, ...changes }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );

const runExec = async (
  step: Step,
  action: Extract<Action, { do: 'exec' }>,
  context: StepContext,
  haste: Readonly<Record<string, string | undefined>>,
): Promise<Result<Ran>> => {
  const fill = (text: string): string => fillPlaces(text, context);
  const cwd = fill(action.cwd);
  try {
    await mkdir(cwd, { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, cwd, 'make'));
  }
  const ran = await runProgram(action.argv.map(fill), {
    purpose: step.title,
    cwd,
    env: changeEnvironment(fillEnvironment(context, action.env), haste),
    logFile: context.logFile,
    ...(action.stdout === undefined ? {} : { stdoutFile: fill(action.stdout) }),
    niceness: context.niceness,
    signal: context.signal,
    onLine: context.progress,
  });
  if (!ran.ok) {
    return ran.error.code === 'command-failed'
      ? fail({ ...ran.error, argv: ran.error.argv.map((word) => hidePlaces(word, context)) })
      : ran;
  }
  return ok({ argv: [...action.argv], durationMs: ran.value.durationMs });
};

/** Whether a text holds another as a name of its own: `X509_OBJECT_new(` is not in `sk_X509_OBJECT_new(`. */
const holds = (text: string, wanted: string): boolean => {
  const isName = /^\w/.test(wanted);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!isName || at === 0 || !/\w/.test(text.charAt(at - 1))) return true;
  }
  return false;
};

const requireText = async (
  action: Extract<Action, { do: 'require-text' }>,
  context: StepContext,
): Promise<Result<void>> => {
  const file = fillPlaces(action.file, context);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return fail(ioFailure(error, file, 'read'));
  }
  const differences = [
    ...action.present.filter((wanted) => !holds(text, wanted)).map((name) => [name, 'present', 'absent'] as const),
    ...action.absent.filter((unwanted) => holds(text, unwanted)).map((name) => [name, 'absent', 'present'] as const),
  ].map(([name, expected, found]) => ({ name, expected, found }));
  return differences.length === 0
    ? ok(undefined)
    : fail({ code: 'capability-mismatch', awslc: action.why, differences });
};

const removeFiles = async (patterns: readonly string[]): Promise<Result<void>> => {
  for (const pattern of patterns) {
    const files = await expandPattern(pattern);
    if (files.length === 0) {
      return fail({ code: 'io-failed', path: pattern, operation: 'remove', reason: 'no such file' });
    }
    for (const file of files) {
      try {
        await unlink(file);
      } catch (error) {
        return fail(ioFailure(error, file, 'remove'));
      }
    }
  }
  return ok(undefined);
};

const runOther = async (
  action: Exclude<
    Action,
    { do: 'exec' | 'fetch' | 'fetch-wheels' | 'unpack' | 'adopt' | 'compile-cache' | 'known-answers' }
  >,
  context: StepContext,
): Promise<Result<void>> => {
  const fill = (text: string): string => fillPlaces(text, context);
  switch (action.do) {
    case 'write':
      return writeFileAtomic(fill(action.path), action.text);
    case 'copy':
    case 'copy-linked':
      return copyTree({
        from: fill(action.from),
        to: fill(action.to),
        linked: action.do === 'copy-linked',
        env: fillEnvironment(context),
        signal: context.signal,
      });
    case 'synchronize': {
      const changed = await synchronizeTree(fill(action.from), fill(action.to));
      if (!changed.ok) return changed;
      context.synchronized?.(changed.value);
      return changed.value.namesChanged ? removeTree(fill(action.discard)) : ok(undefined);
    }
    case 'symlink': {
      const path = fill(action.path);
      try {
        await mkdir(dirname(path), { recursive: true });
        await symlink(fill(action.target), path);
        return ok(undefined);
      } catch (error) {
        return fail(ioFailure(error, path, 'link'));
      }
    }
    case 'remove':
      return removeFiles(action.files.map(fill));
    case 'substitute':
      return substituteFiles(
        action.files.map(fill),
        action.replace.map(({ from, to }) => ({ from: fill(from), to: fill(to) })),
        'failure',
      );
    case 'require-text':
      return requireText(action, context);
  }
};

/**
 * Does a step's actions in order and says which commands ran. Stops at the first failure; `explain` may add what only
 * the step knows (a reason in config.log, which package to install).
 */
export const runActions = async (
  step: Step,
  context: StepContext,
  explain: (failure: Failure) => Promise<Failure> = (failure) => Promise.resolve(failure),
): Promise<Result<Ran[]>> => {
  const commands: Ran[] = [];
  // What commands get from actions before them that make a step faster.
  let haste: Readonly<Record<string, string | undefined>> = {};
  const keepers: (() => Promise<Result<void>>)[] = [];
  for (const action of step.actions) {
    switch (action.do) {
      case 'fetch':
      case 'fetch-wheels':
      case 'unpack':
      case 'adopt':
        throw new Error(`action ${action.do} belongs to a step of its own`);
      case 'exec': {
        const ran = await runExec(step, action, context, haste);
        if (!ran.ok) return fail(await explain(ran.error));
        commands.push(ran.value);
        break;
      }
      case 'compile-cache': {
        if (context.compileCache === undefined) break;
        const used = await useCompileCache(action, context.compileCache, context);
        if (!used.ok) return fail(await explain(used.error));
        haste = used.value;
        break;
      }
      case 'known-answers': {
        const known = await useKnownAnswers(action, context);
        if (!known.ok) return known;
        haste = { ...haste, ...known.value.env };
        keepers.push(known.value.keep);
        break;
      }
      default: {
        const done = await runOther(action, context);
        if (!done.ok) return fail(await explain(done.error));
      }
    }
  }
  for (const keep of keepers) {
    const kept = await keep();
    if (!kept.ok) return kept;
  }
  return ok(commands);
};
