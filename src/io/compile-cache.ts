import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from '../model/plan.ts';
import { listOnPath } from './on-path.ts';

/** Settings of the caller that a build is told: where results are kept and shared, and how much of them; not what counts as equal. */
const passedOn = [
  'CCACHE_REMOTE_STORAGE',
  'CCACHE_SECONDARY_STORAGE',
  'CCACHE_REMOTE_ONLY',
  'CCACHE_RESHARE',
  'CCACHE_MAXSIZE',
  'CCACHE_MAXFILES',
  'CCACHE_NAMESPACE',
  'CCACHE_READONLY',
  'CCACHE_RECACHE',
  'CCACHE_COMPRESSLEVEL',
  'CCACHE_NOCOMPRESS',
  'CCACHE_UMASK',
];

/** A compile cache: its program, its version line, and the settings that it is run with. */
export interface FoundCompileCache {
  readonly program: string;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The ccache of the machine, with the caller's own directory and configuration (ccache's usual places unless the environment
 * names others); undefined where there is none, or where CCACHE_DISABLE is set.
 */
export const findCompileCache = async (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  tools: readonly Tool[],
): Promise<FoundCompileCache | undefined> => {
  const version = tools.find(({ name }) => name === 'ccache')?.version;
  if (version === undefined || env['CCACHE_DISABLE'] !== undefined) return undefined;
  const [program] = await listOnPath('ccache', path);
  if (program === undefined) return undefined;
  const home = env['HOME'] ?? homedir();
  const settings = Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    program,
    version,
    settings: {
      ...settings,
      CCACHE_DIR: env['CCACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'ccache'),
      CCACHE_CONFIGPATH:
        env['CCACHE_CONFIGPATH'] ?? join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'ccache', 'ccache.conf'),
    },
  };
};
