import { readFile } from 'node:fs/promises';
import type { Failure } from '../model/failure.ts';
import { ok } from '../model/result.ts';
import { runActions } from './actions.ts';
import { countCompileCache } from './compile-cache.ts';
import type { StepContext, StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';

/** What the last lines of a tool's output mean, and what to do about it. */
const knownReasons: readonly (readonly [RegExp, string])[] = [
  [
    /C compiler cannot create executables|cannot find crt1\.o|stdlib\.h: No such file/,
    "The compiler lacks the C library's headers: run `cpython-awslc doctor --fix`.",
  ],
  [
    /Killed|internal compiler error: .*(?:Killed|Segmentation)|virtual memory exhausted|out of memory/i,
    'The machine ran out of memory: try again with fewer jobs (--jobs 1).',
  ],
  [
    /invalid instruction mnemonic|no such instruction|unsupported instruction/,
    'The assembler is too old for this AWS-LC: run `cpython-awslc doctor` for the versions that are known to work.',
  ],
  [/fatal error: ([\w./-]+): No such file or directory/, 'A header is missing: run `cpython-awslc doctor`.'],
];

/** The end of a tool's own log: autoconf's config.log holds the failed test program and the compiler's words. */
const configLogReason = async (context: StepContext): Promise<readonly string[]> => {
  const log = await readFile(fillPlaces('{work}/build/config.log', context), 'utf8').catch(() => '');
  const lines = log.split('\n');
  const last = lines.findLastIndex((line) => /^configure:\d+: (?:error|result: no)|: error:/.test(line));
  return last < 0 ? [] : lines.slice(Math.max(0, last - 6), last + 1).map((line) => `config.log: ${line}`);
};

const explain =
  (context: StepContext, isConfigure: boolean) =>
  async (failure: Failure): Promise<Failure> => {
    if (failure.code !== 'command-failed') return failure;
    const lines = isConfigure ? [...failure.lastLines, ...(await configLogReason(context))] : failure.lastLines;
    const text = lines.join('\n');
    if (/No space left on device|Disk quota exceeded/.test(text)) {
      return {
        code: 'disk-full',
        path: fillPlaces('{work}', context),
        next: 'Free some space (`cpython-awslc cache gc`), or choose another disk with --store DIR; finished steps are kept.',
      };
    }
    const hint = knownReasons.find(([pattern]) => pattern.test(text))?.[1];
    return { ...failure, lastLines: lines, ...(hint === undefined ? {} : { hint }) };
  };

/** Configures, compiles, links or installs: the step's actions, and a reason and remedy when one fails. */
export const build: StepFunction = async (step, context) => {
  const commands = await runActions(step, context, explain(context, step.kind === 'configure'));
  if (!commands.ok) return commands;
  const isCached = step.actions.some((action) => action.do === 'compile-cache');
  const used =
    isCached && context.compileCache !== undefined ? await countCompileCache(context.compileCache, context) : undefined;
  return ok({ commands: commands.value, ...(used === undefined ? {} : { compileCache: used }) });
};
