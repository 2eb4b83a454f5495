import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'vitest';

/** Mounts a small file system at a new directory while a case uses it; skips the case where this machine does not allow that. */
export const withSmallDisk = async (
  test: TestContext,
  disk: string,
  size: string,
  use: () => Promise<void>,
): Promise<void> => {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    test.skip('mounting a small file system needs root and a kernel that allows it');
  }
  try {
    await use();
  } finally {
    execFileSync('umount', [disk]);
  }
};
