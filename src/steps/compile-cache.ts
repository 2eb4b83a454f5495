import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { runProgram } from '../io/process.ts';
import type { Action } from '../model/plan.ts';
import type { CompileCacheUse } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CompileCache, StepContext } from './context.ts';
import { fillEnvironment, fillPlaces } from './places.ts';

/** What ccache counts: one line for each compilation, then one for each thing that happened in it. */
const statisticsFile = '{work}/ccache.statistics';

/** Settings of a step: no configuration of the machine's or the caller's is read, so that nothing else decides what is compiled. */
const makeSettings = (context: StepContext): Readonly<Record<string, string>> => ({
  // Not there, and so empty; without the name ccache would look elsewhere.
  CCACHE_CONFIGPATH: fillPlaces('{work}/ccache.conf', context),
  // Below it paths are taken relative to the build directory: the same for each version and in each store.
  CCACHE_BASEDIR: fillPlaces('{work}', context),
  CCACHE_COMPILERCHECK: 'content',
  CCACHE_STATSLOG: fillPlaces(statisticsFile, context),
});

/**
 * Puts the compile cache in front of the compilers for the commands that follow, and returns what their environment needs
 * (undefined: taken away).
 * Failures: those of CMake, which is told where there is a build directory of its own; `io-failed`, `disk-full`.
 */
export const useCompileCache = async (
  action: Extract<Action, { do: 'compile-cache' }>,
  cache: CompileCache,
  context: StepContext,
): Promise<Result<Readonly<Record<string, string | undefined>>>> => {
  const settings = { ...cache.settings, ...makeSettings(context), CCACHE_DISABLE: undefined };
  if (action.build !== undefined) {
    const launchers = ['C', 'CXX'].map((language) => `-DCMAKE_${language}_COMPILER_LAUNCHER=${cache.program}`);
    const told = await runProgram(['cmake', ...launchers, fillPlaces(action.build, context)], {
      purpose: 'tell CMake of the compile cache',
      cwd: fillPlaces('{work}', context),
      env: fillEnvironment(context),
      logFile: context.logFile,
      niceness: context.niceness,
      signal: context.signal,
    });
    return told.ok ? ok(settings) : told;
  }
  const directory = fillPlaces('{work}/launch', context);
  try {
    await mkdir(directory, { recursive: true });
    for (const compiler of action.compilers) await symlink(cache.program, join(directory, compiler));
  } catch (error) {
    return fail(ioFailure(error, directory, 'make'));
  }
  return ok({ ...settings, PATH: `${directory}:${context.places['path'] ?? ''}` });
};

/** What the compile cache says that it did in a step; nothing when it does not count, as old ones. */
export const countCompileCache = async (
  cache: CompileCache,
  context: StepContext,
): Promise<CompileCacheUse | undefined> => {
  const text = await readFile(fillPlaces(statisticsFile, context), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const count = (names: readonly string[]): number => lines.filter((line) => names.includes(line)).length;
  return {
    program: cache.version,
    hits: count(['direct_cache_hit', 'preprocessed_cache_hit']),
    misses: count(['cache_miss']),
  };
};
