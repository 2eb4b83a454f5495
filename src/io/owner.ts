import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './failure.ts';

/** Names the set of processes in which a process id means something: this boot and this pid namespace. */
const processSpace = ((): string => {
  const read = (get: () => string): string => {
    try {
      return get();
    } catch {
      return hostname();
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return createHash('sha256').update(`${boot}${namespace}`).digest('hex').slice(0, 8);
})();

/**
 * Names this machine (or container) among others that have the same store: other than `ownerMark`, also after it was started
 * anew. What has another name was left by another machine, whose processes cannot be seen here.
 */
export const hostMark = ((): string => {
  let id: string;
  try {
    id = readFileSync('/etc/machine-id', 'utf8');
  } catch {
    // Containers have none, and a name of their own.
    id = '';
  }
  return createHash('sha256').update(`${id}${hostname()}`).digest('hex').slice(0, 8);
})();

/** This process for whoever waits for it: its host too, where that may be another. */
export const describeSelf = (isShared: boolean): string =>
  `process ${process.pid}${isShared ? ` on ${hostname()}` : ''}`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return errorCode(error) === 'EPERM';
  }
};

/** This process, as what it leaves in shared directories names it: `0a1b2c3d-4711`. */
export const ownerMark = `${processSpace}-${process.pid}`;

/**
 * Whether the process that a mark names still runs. `foreign`: it is of another machine, container or boot, and cannot be
 * asked; only age tells.
 */
export const findOwner = (mark: string): 'here' | 'alive' | 'gone' | 'foreign' => {
  const [, space, pid] = /^([0-9a-f]{8})-(\d+)$/.exec(mark) ?? [];
  if (mark === ownerMark) return 'here';
  if (space !== processSpace) return 'foreign';
  return isAlive(Number(pid)) ? 'alive' : 'gone';
};
