import type { SlurmAccess } from '../io/slurm.ts';

/**
 * What of a caller's environment Slurm's programs get, and by sbatch the tasks: where programs and homes are, what apt, cargo,
 * downloads and a compile cache are configured by, and this tool's own variables. SBATCH_* and SQUEUE_* would change what is
 * submitted and how it is told.
 */
const passed =
  /^(?:HOME|USER|LOGNAME|SLURM_CONF|CARGO_HOME|RUSTUP_HOME|GOROOT|CCACHE_\w+|CPYTHON_AWSLC_\w+|(?:https?|no|all)_proxy|(?:HTTPS?|NO|ALL)_PROXY)$/;

/** How Slurm is asked on behalf of a caller. `path` is the caller's PATH without relative directories. */
export const makeSlurmAccess = (
  env: Readonly<Record<string, string | undefined>>,
  path: string,
  signal: AbortSignal,
): SlurmAccess => ({
  env: {
    ...Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value !== undefined && passed.test(name) ? [[name, value]] : [])),
    ),
    PATH: path,
    LC_ALL: 'C',
  },
  signal,
});
