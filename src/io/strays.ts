import { readdir, readlink } from 'node:fs/promises';

/**
 * Ends processes that still work below a directory whose owner is gone (a compiler that outlived a killed run). Only
 * called with the directory's lock held, so nobody living owns them. Says how many; does nothing where there is no /proc.
 */
export const endStrays = async (directory: string): Promise<number> => {
  const names = await readdir('/proc').catch(() => []);
  let ended = 0;
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (cwd !== directory && !cwd.startsWith(`${directory}/`)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
      ended += 1;
    } catch {
      // It ended by itself meanwhile, or is not ours to end.
    }
  }
  return ended;
};
