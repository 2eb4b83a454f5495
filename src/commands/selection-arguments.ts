import { resolve } from 'node:path';
import type { SelectionOptions } from './selection.ts';

const repeat = (name: string, values: readonly string[] | undefined): readonly string[] =>
  (values ?? []).flatMap((value) => [`--${name}`, value]);

/** A source that is a directory, by its absolute path. */
const placed =
  (cwd: string) =>
  (asked: string): string =>
    asked.startsWith('path:') ? `path:${resolve(cwd, asked.slice('path:'.length))}` : asked;

/**
 * A selection as arguments that mean the same wherever they are given: paths are absolute, the store is named. `--jobs` is left
 * out, since it says something of one machine.
 */
export const makeSelectionArguments = (options: SelectionOptions, store: string, cwd: string): readonly string[] => {
  const place = placed(cwd);
  // One entry for each option that there is, so that none is forgotten.
  const words: Record<keyof SelectionOptions, readonly string[]> = {
    recipe:
      options.recipe === undefined
        ? []
        : ['--recipe', /\/|\.json$/.test(options.recipe) ? resolve(cwd, options.recipe) : options.recipe],
    python: repeat('python', options.python?.map(place)),
    awslc: repeat('awslc', options.awslc?.map(place)),
    fips:
      options.fips === undefined || options.fips === false
        ? []
        : options.fips === true
          ? ['--fips']
          : ['--fips', options.fips],
    target: repeat('target', options.target),
    link: repeat('link', options.link),
    optimization: repeat('optimization', options.optimization),
    cipherString: repeat('cipher-string', options.cipherString),
    preset: options.preset === undefined ? [] : ['--preset', options.preset],
    tests: repeat('tests', options.tests),
    match: repeat('match', options.match),
    tryPatches: options.tryPatches === true ? ['--try-patches'] : [],
    clean: options.clean === true ? ['--clean'] : [],
    openssl: options.openssl === undefined ? [] : ['--openssl', place(options.openssl)],
    sysroot: options.sysroot === undefined ? [] : ['--sysroot', resolve(cwd, options.sysroot)],
    emulate: options.emulate === true ? ['--emulate'] : [],
    maskCpu: repeat('mask-cpu', options.maskCpu),
    mirror: repeat('mirror', options.mirror),
    catalogue: options.catalogue === undefined ? [] : ['--catalogue', resolve(cwd, options.catalogue)],
    jobs: [],
    cache: options.cache === undefined ? [] : ['--cache', options.cache],
    cacheWrite: options.cacheWrite === true ? ['--cache-write'] : [],
    cacheSign: options.cacheSign === undefined ? [] : ['--cache-sign', resolve(cwd, options.cacheSign)],
    cacheTrust: options.cacheTrust === undefined ? [] : ['--cache-trust', resolve(cwd, options.cacheTrust)],
    store: ['--store', store],
    offline: options.offline === true ? ['--offline'] : [],
  };
  return Object.values(words).flat();
};
