import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { comparePaths, glanceAt, waitForChange } from '../io/watch.ts';
import type { Failure } from '../model/failure.ts';
import { describeFailure } from '../report/failure.ts';
import { makeForgetting } from '../run/superseded.ts';
import type { CommandContext } from './context.ts';
import { runPipeline, type PipelineOptions } from './pipeline.ts';
import { makeRounds } from './watch-rounds.ts';

export interface WatchCommandOptions extends Omit<PipelineOptions, 'json'> {
  /** How many runs, as a text that is yet to be checked; without end unless given. */
  readonly times?: string;
}

/** How long nothing may change before a run begins, in milliseconds: an editor saves in several strokes. */
const quietMs = 300;
const pollMs = 1000;
const shownPaths = 3;

const directoriesOf = (options: WatchCommandOptions, cwd: string): readonly string[] => [
  ...new Set(
    [...(options.awslc ?? []), ...(options.python ?? [])]
      .filter((asked) => asked.startsWith('path:') && asked !== 'path:')
      .map((asked) => resolve(cwd, asked.slice('path:'.length))),
  ),
];

const usage = (message: string, next: string): readonly Failure[] => [{ code: 'usage', message, next }];

const findProblems = async (
  options: WatchCommandOptions,
  directories: readonly string[],
): Promise<readonly Failure[]> => {
  if (options.times !== undefined && !/^[1-9]\d{0,5}$/.test(options.times)) {
    return usage(`--times ${options.times}: must be a whole number, 1 or more.`, 'Without it, Ctrl-C ends the watch.');
  }
  if (directories.length === 0) {
    return usage(
      'watch needs a source tree of your own.',
      'For instance `cpython-awslc watch --awslc path:../aws-lc`.',
    );
  }
  for (const directory of directories) {
    const isThere = await stat(directory).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) return usage(`${directory}: no such directory.`, 'path: takes the top directory of a source tree.');
  }
  return [];
};

const namePaths = (paths: readonly string[], directories: readonly string[]): string => {
  const short = paths.slice(0, shownPaths).map((path) => {
    const directory = directories.find((candidate) => path.startsWith(`${candidate}/`)) ?? '/';
    return relative(directory, path);
  });
  return `${short.join(', ')}${paths.length > shownPaths ? ` and ${paths.length - shownPaths} more` : ''}`;
};

/** What no saved file puts right. Later a missing header may be a branch that is being switched. */
const isHopeless =
  (run: number) =>
  ({ code }: Failure): boolean =>
    code === 'bug' || (run === 1 && ['usage', 'unknown-version', 'unknown-recipe', 'unknown-run'].includes(code));

/**
 * Runs `test` on source trees of one's own, and again whenever something in them was saved, until it is interrupted; says
 * what came out otherwise than in the run before. One run at a time: what is saved during a run is looked at after it, once. A run that fails is shown, and watching goes on.
 * Failures: `usage`, `interrupted`; with `times` those of the last run.
 */
export const runWatch = async (options: WatchCommandOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const directories = directoriesOf(options, context.cwd);
  const wrong = await findProblems(options, directories);
  if (wrong.length > 0) return wrong;
  const { times, ...others } = options;
  const chosen: PipelineOptions =
    others.preset === undefined && (others.tests ?? []).length === 0 ? { ...others, preset: 'quick' } : others;
  const { signal } = context;
  const interrupted = (): readonly Failure[] => [{ code: 'interrupted', signal: String(signal.reason) }];
  const compare = makeRounds();
  let forget: ReturnType<typeof makeForgetting> | undefined;
  for (let run = 1; ; run += 1) {
    const since = await glanceAt(directories);
    const failures = await runPipeline('test', chosen, context, async (findings, { prepared, store }) => {
      context.out(compare(findings, { color: context.terminal.color }));
      forget ??= makeForgetting(store, prepared.host.machine);
      const forgotten = await forget(prepared.plan, findings.session.outcomes);
      if (!forgotten.ok) context.err(`cpython-awslc: ${describeFailure(forgotten.error)}\n`);
    });
    if (signal.aborted) return failures.some(({ code }) => code === 'interrupted') ? failures : interrupted();
    if (run === Number(times) || failures.some(isHopeless(run))) return failures;
    for (const failure of failures) context.err(`cpython-awslc: ${describeFailure(failure)} [${failure.code}]\n`);
    const waiting = comparePaths(since, await glanceAt(directories)).length === 0;
    if (waiting) context.err(`watching ${directories.join(', ')} (Ctrl-C ends)\n`);
    const changed = await waitForChange({ directories, since, quietMs, pollMs, signal });
    if (changed === undefined) return interrupted();
    context.err(`\nchanged: ${namePaths(changed, directories)}\n`);
  }
};
