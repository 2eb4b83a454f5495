import type { Failure } from '../model/failure.ts';
import type { Host } from '../model/host.ts';
import type { Target } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import { versionOf } from './toolchain.ts';

/** A target's compiler flags on one machine, and what is to be said of them. */
export interface TargetFlags {
  readonly flags: readonly string[];
  readonly note?: string;
}

/** The compiler that a program is: a cross compiler is named by its triple before. */
const compilerOf = (program: string): 'gcc' | 'clang' => (program.endsWith('clang') ? 'clang' : 'gcc');

/**
 * A target's flags for the compiler that this machine has: the newest that its version takes. Failure: `tool-missing`,
 * when it is older than every compiler that the target is known for.
 */
export const chooseTargetFlags = (
  target: Target,
  compiler: string,
  host: Pick<Host, 'tools' | 'nativeFlags'>,
): Result<TargetFlags> => {
  const line = host.tools.find(({ name }) => name === compiler)?.version ?? '';
  const version = versionOf(line) ?? line;
  const resolve = (flags: readonly string[]): readonly string[] =>
    flags.flatMap((flag) => (flag === 'native' ? host.nativeFlags : [flag]));
  if (target.byCompiler === undefined) {
    const flags = resolve(target.cflags);
    const isNative = target.cflags.includes('native');
    return ok({ flags, ...(isNative ? { note: `target ${target.name} means here: ${flags.join(' ')}` } : {}) });
  }
  const known = target.byCompiler.filter((entry) => entry.compiler === compilerOf(compiler));
  const [best] = known
    .filter(({ from }) => compareVersions(version, from) >= 0)
    .sort((a, b) => compareVersions(b.from, a.from));
  if (best === undefined) {
    const [oldest] = known.map(({ from }) => from).sort(compareVersions);
    const failure: Failure = {
      code: 'tool-missing',
      tool: `${compiler}${oldest === undefined ? '' : ` ${oldest} or newer`}`,
      neededFor: `compile for ${target.name}`,
      found: line,
      next: 'Install a newer compiler, or choose --target generic: AWS-LC takes its assembly at run time all the same.',
    };
    return fail(failure);
  }
  const flags = resolve([...target.cflags, ...best.cflags]);
  return ok({
    flags,
    ...(best.instead === undefined
      ? {}
      : { note: `target ${target.name} with ${compiler} ${version} means ${flags.join(' ')}: ${best.instead}` }),
  });
};
