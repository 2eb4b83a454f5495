import type { SelectionOptions } from '../commands/selection.ts';
import type { Listener } from '../model/event.ts';
import type { Link, Optimization, Preset } from '../model/recipe.ts';

/** One value of an axis, or several. */
type Some<T> = T | readonly T[];

/**
 * What to build, as the command line says it: a recipe, and axes that narrow or replace the recipe's. Everything may be left
 * out: then it is the recipe `default`.
 */
export interface Selection {
  /** Name of a recipe, or the path of a recipe file; `default` unless given. */
  readonly recipe?: string;
  /** CPython: `3.14`, `3.14.6`, `path:DIR` or `git:URL#REF`. */
  readonly python?: Some<string>;
  /** AWS-LC: `5.12`, `5.12.0`, `fips-4.2.0`, `path:DIR` or `git:URL#REF`. */
  readonly awslc?: Some<string>;
  /** A FIPS build: of a line by its year, or with `true` of the newest version that a certificate names. */
  readonly fips?: boolean | '2022' | '2024' | '2025';
  /** CPU level: a name in recipes/targets.json. */
  readonly target?: Some<string>;
  readonly link?: Some<Link>;
  readonly optimization?: Some<Optimization>;
  /** Default cipher suites, without `@SECLEVEL`. */
  readonly cipherString?: Some<string>;
  /** Suites to run; the recipe's unless given. */
  readonly preset?: Preset;
  /** Test files instead of a preset, as `test_ssl`. */
  readonly tests?: readonly string[];
  /** Only cases that match one of these, as `python -m test -m` takes them. */
  readonly match?: readonly string[];
  /** Features of the CPU that proof and suites do without, as `avx512` or `baseline`. */
  readonly maskCpu?: readonly string[];
  /** Whether patches may be tried on versions that they are not known for. */
  readonly tryPatches?: boolean;
  /** Whether AWS-LC of `path:DIR` is compiled whole, not on from the build tree that is kept for DIR. */
  readonly clean?: boolean;
  /** The twin's OpenSSL, `path:DIR`, unless it is the machine's own. */
  readonly openssl?: string;
  /** Where the libraries of another machine lie. */
  readonly sysroot?: string;
  /** Directory of awslc.json and cpython.json; this tool's own catalogue unless given. */
  readonly catalogue?: string;
}

/** Where and how it is done: nothing here changes what is built. */
export interface Surroundings {
  /** The store's directory; `cpython-awslc` in the XDG cache directory unless given. */
  readonly store?: string;
  /** What relative paths are relative to; the process's working directory unless given. */
  readonly cwd?: string;
  /** PATH, HOME, XDG_CACHE_HOME and proxies are taken from it; the process's environment unless given. Builds never get it as it is. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Programs that a step may run at once; the cores unless given. */
  readonly jobs?: number;
  /** Whether nothing is fetched. */
  readonly offline?: boolean;
  /** Beginnings of https URLs, and what they are rewritten to. */
  readonly mirrors?: readonly { readonly from: string; readonly to: string }[];
  /** A remote cache of finished steps and sources; CPYTHON_AWSLC_CACHE of `env` unless given. Credentials come from `env`. */
  readonly cache?: string;
  /** Whether what is made here is written to the remote cache too. */
  readonly cacheWrite?: boolean;
  /** Path of a private Ed25519 key (PEM) that signs what is written. */
  readonly cacheSign?: string;
  /** Path of public Ed25519 keys (PEM): only what one of them signed is taken. */
  readonly cacheTrust?: string;
  /** Ends the work: what is finished is kept, and the failure is `interrupted` with the reason's text. */
  readonly signal?: AbortSignal;
  /** Gets every event as it happens. What it throws becomes a failure (`usage`) of the call. */
  readonly onEvent?: Listener;
}

const list = <T extends string>(value: Some<T>): readonly T[] => (typeof value === 'string' ? [value] : value);

/** The same selection as the options of a command: one way to check them for both. */
export const toOptions = (selection: Selection, surroundings: Surroundings): SelectionOptions => {
  const { recipe, python, awslc, target, link, optimization, cipherString, ...rest } = selection;
  const { store, jobs, offline, mirrors, cache, cacheWrite, cacheSign, cacheTrust } = surroundings;
  return {
    ...rest,
    ...(recipe === undefined ? {} : { recipe }),
    ...(python === undefined ? {} : { python: list(python) }),
    ...(awslc === undefined ? {} : { awslc: list(awslc) }),
    ...(target === undefined ? {} : { target: list(target) }),
    ...(link === undefined ? {} : { link: list(link) }),
    ...(optimization === undefined ? {} : { optimization: list(optimization) }),
    ...(cipherString === undefined ? {} : { cipherString: list(cipherString) }),
    ...(store === undefined ? {} : { store }),
    ...(jobs === undefined ? {} : { jobs: String(jobs) }),
    ...(offline === undefined ? {} : { offline }),
    ...(cache === undefined ? {} : { cache }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(cacheSign === undefined ? {} : { cacheSign }),
    ...(cacheTrust === undefined ? {} : { cacheTrust }),
    ...(mirrors === undefined ? {} : { mirror: mirrors.map(({ from, to }) => `${from}=${to}`) }),
  };
};
