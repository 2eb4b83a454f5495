import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Spare } from '../model/spare.ts';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick (USER_HZ). */
const ticksPerSecond = 100;

/** Numbers of a list as /proc spells it: `0-3,8`. */
const parseList = (text: string): ReadonlySet<number> =>
  new Set(
    text.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    }),
  );

/** Processor time that was spent, by whomever, on the processors that this process may use, in seconds. */
const readBusySeconds = (root: string): number => {
  const status = readFileSync(join(root, 'proc/self/status'), 'utf8');
  const allowed = parseList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  let ticks = 0;
  for (const line of readFileSync(join(root, 'proc/stat'), 'utf8').split('\n')) {
    const [, cpu, times] = /^cpu(\d+) (.*)$/.exec(line) ?? [];
    if (times === undefined || !allowed.has(Number(cpu))) continue;
    // Of a processor that a hypervisor took away (steal) nothing was left either.
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = times.split(' ').map(Number);
    ticks += user + nice + system + irq + softirq + steal;
  }
  return ticks / ticksPerSecond;
};

/** What a control group leaves of its memory (cgroup v2, as a container sees its own); unbounded where there is no limit. */
const readGrantedBytes = (root: string): number => {
  try {
    const [limit, used] = ['max', 'current'].map((name) =>
      Number(readFileSync(join(root, `sys/fs/cgroup/memory.${name}`), 'utf8')),
    );
    const left = (limit ?? Number.NaN) - (used ?? 0);
    return Number.isNaN(left) ? Number.POSITIVE_INFINITY : left;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

const readAvailableBytes = (root: string): number =>
  Math.min(
    Number(/^MemAvailable:\s*(\d+) kB$/m.exec(readFileSync(join(root, 'proc/meminfo'), 'utf8'))?.[1] ?? 0) * 1024,
    readGrantedBytes(root),
  );

/**
 * Looks at what is left of `cores` processors (fewer than the machine has, where a control group or the caller says so: what
 * others have of them counts as theirs). Each call tells of the time since the one before, the first one of nothing.
 * Undefined where /proc does not tell.
 */
export const makeSpareReader = (cores: number, root = '/'): (() => Spare | undefined) => {
  let before: { readonly seconds: number; readonly at: number } | undefined;
  return () => {
    try {
      const seconds = readBusySeconds(root);
      const at = performance.now() / 1000;
      const last = before;
      before = { seconds, at };
      if (last === undefined || at <= last.at) return undefined;
      const busy = (seconds - last.seconds) / (at - last.at);
      return { idleCores: Math.max(0, cores - busy), memoryBytes: readAvailableBytes(root) };
    } catch {
      return undefined;
    }
  };
};
