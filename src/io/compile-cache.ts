import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Tool } from '../model/plan.ts';
import { listOnPath } from './on-path.ts';
import { runProgram } from './process.ts';

/** A compile cache: its program, its version line, and the settings that it is run with. */
export interface FoundCompileCache {
  readonly program: string;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** What may be told of a compile cache that is there. */
export interface CompileCacheSearch {
  /** Absolute directories of the caller's PATH, joined. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/**
 * What is taken over of the caller's configuration, wherever ccache found it: where results are kept and shared, and how much of
 * them. Nothing of what decides which compiler is run, or what counts as the same compilation.
 */
const takenOver: Readonly<Record<string, string>> = {
  cache_dir: 'CCACHE_DIR',
  max_size: 'CCACHE_MAXSIZE',
  max_files: 'CCACHE_MAXFILES',
  remote_storage: 'CCACHE_REMOTE_STORAGE',
  secondary_storage: 'CCACHE_SECONDARY_STORAGE',
  namespace: 'CCACHE_NAMESPACE',
  compression_level: 'CCACHE_COMPRESSLEVEL',
  umask: 'CCACHE_UMASK',
};
/** The same of what is yes or no: ccache takes the mere presence of the variable for yes. */
const switches: Readonly<Record<string, string>> = {
  remote_only: 'CCACHE_REMOTE_ONLY',
  reshare: 'CCACHE_RESHARE',
  read_only: 'CCACHE_READONLY',
  recache: 'CCACHE_RECACHE',
};

/** `(origin) name = value`, as `ccache --show-config` writes each setting. */
const parseConfiguration = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^\([^)\n]*\) (\w+) = ?(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

const pickSettings = (
  configuration: ReadonlyMap<string, string>,
  env: CompileCacheSearch['env'],
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(takenOver).flatMap(([name, variable]) => {
      // What the environment says is not what a listing may leave out, as the password of a storage.
      const said = name === 'cache_dir' ? '' : (env[variable] ?? '');
      const value = said === '' ? (configuration.get(name) ?? '') : said;
      return value === '' ? [] : [[variable, value]];
    }),
  ),
  ...Object.fromEntries(
    Object.entries(switches).flatMap(([name, variable]) =>
      configuration.get(name) === 'true' ? [[variable, '1']] : [],
    ),
  ),
});

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => path === '/' || path === '.',
  );

/** Whether a directory can be written to; it is made where it is not there. One by one: Node's own recursion never ends below /proc. */
const isWritable = async (directory: string): Promise<boolean> => {
  try {
    const missing: string[] = [];
    for (let at = directory; !(await exists(at)); at = dirname(at)) missing.unshift(at);
    for (const path of missing) await mkdir(path);
    await access(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The ccache of the machine with what its own configuration (environment and files, asked of ccache itself) says of places and
 * sizes; undefined where there is none or it is switched off, and, with a notice, where it cannot be used: a build does without.
 */
export const findCompileCache = async (search: CompileCacheSearch): Promise<FoundCompileCache | undefined> => {
  const { path, env, tools, signal, notice } = search;
  const version = tools.find(({ name }) => name === 'ccache')?.version;
  if (version === undefined || env['CCACHE_DISABLE'] !== undefined) return undefined;
  const [program] = await listOnPath('ccache', path);
  if (program === undefined) return undefined;
  const asked = await runProgram([program, '--show-config'], {
    purpose: 'ask ccache how it is configured',
    cwd: '/',
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    signal,
  });
  const configuration = parseConfiguration(asked.ok ? asked.value.stdout : '');
  if (configuration.get('disable') === 'true') return undefined;
  const settings = pickSettings(configuration, env);
  const directory = settings['CCACHE_DIR'];
  if (directory === undefined || !(await isWritable(directory))) {
    notice(
      directory === undefined
        ? 'ccache does not say how it is configured: all is compiled without it'
        : `ccache cannot write to ${directory}: all is compiled without it (CCACHE_DIR names another place)`,
    );
    return undefined;
  }
  return { program, version, settings };
};
