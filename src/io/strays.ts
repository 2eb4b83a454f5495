import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long killed processes may take to be gone, in milliseconds. */
const goneWithinMs = 5000;
const pollMs = 20;

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** Whether a process was started by a step that works in the directory: builds have their HOME there, tests their Python. */
const belongsTo = async (pid: string, directory: string): Promise<boolean> => {
  const [environment, program] = await Promise.all([
    readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
    readlink(`/proc/${pid}/exe`).catch(() => ''),
  ]);
  const home = environment.split('\0').find((entry) => entry.startsWith('HOME='));
  return isWithin(program, directory) || (home !== undefined && isWithin(home.slice('HOME='.length), directory));
};

const findStrays = async (directory: string): Promise<readonly number[]> => {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => belongsTo(pid, directory)));
  return pids.filter((_, index) => found[index] === true).map(Number);
};

/**
 * Ends processes of a step whose owner is gone (a compiler that outlived a killed run), and waits until they are. A
 * person's shell that merely stands in the directory is left alone. Only called with the directory's lock held, so nobody
 * living owns them. Says how many; does nothing where there is no /proc.
 */
export const endStrays = async (directory: string): Promise<number> => {
  const ended = new Set<number>();
  const until = performance.now() + goneWithinMs;
  for (;;) {
    const strays = await findStrays(directory);
    if (strays.length === 0 || performance.now() > until) return ended.size;
    for (const pid of strays) {
      try {
        process.kill(pid, 'SIGKILL');
        ended.add(pid);
      } catch {
        // It ended by itself meanwhile, or is not ours to end.
      }
    }
    await sleep(pollMs);
  }
};
