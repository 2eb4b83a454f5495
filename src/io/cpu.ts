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
