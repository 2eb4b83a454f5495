import { readFileSync } from 'node:fs';

/**
 * The process's umask, read without setting it (`process.umask()` without an argument sets it for a moment, under every
 * thread's feet); nothing where the kernel does not tell (before Linux 4.7).
 */
export const readUmask = (status = '/proc/self/status'): number | undefined => {
  try {
    const [, digits] = /^Umask:\s*([0-7]+)$/m.exec(readFileSync(status, 'utf8')) ?? [];
    return digits === undefined ? undefined : Number.parseInt(digits, 8);
  } catch {
    return undefined;
  }
};
