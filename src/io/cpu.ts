import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick (USER_HZ). */
const tickMs = 10;

/** Processor time of all programs that this process has waited for, in milliseconds; undefined where /proc is not there. */
export const readChildCpuMs = (): number | undefined => {
  try {
    // The program's name, in parentheses, may hold anything: fields are counted after it.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[13]) + Number(fields[14])) * tickMs;
  } catch {
    return undefined;
  }
};

/** How long each core has been idle since the machine started, in milliseconds; undefined where /proc is not there. */
export const readCoreIdleMs = (): readonly number[] | undefined => {
  try {
    return readFileSync('/proc/stat', 'utf8')
      .split('\n')
      .filter((line) => /^cpu\d/.test(line))
      .map((line) => {
        // user nice system idle iowait: a core that waits for a disk has nothing to do either.
        const [, , , , idle, waiting] = line.split(' ');
        return (Number(idle) + Number(waiting)) * tickMs;
      });
  } catch {
    return undefined;
  }
};
