import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './failure.ts';

/** What a tree takes on the disk. */
export interface DiskUse {
  /** Space of its files and directories; a file with several names counts once. */
  readonly diskBytes: number;
  /** Of that, what removing the tree gives back: not what is linked from elsewhere too. */
  readonly freedBytes: number;
  /** Newest time at which anything in it was written, in milliseconds since 1970; 0 when nothing is there. */
  readonly newestMs: number;
}

/**
 * Measures a file or tree. Files counted into `seen` (device and number) are not counted again, so that trees which share
 * files by hard links add up. What vanishes meanwhile, or may not be read, counts as nothing.
 */
export const measureDiskUse = async (path: string, seen: Set<string> = new Set()): Promise<DiskUse> => {
  let diskBytes = 0;
  let newestMs = 0;
  const links = new Map<string, { left: number; readonly bytes: number }>();
  const visit = async (at: string): Promise<void> => {
    try {
      const stat = await lstat(at);
      // Copies keep the times of what they were made from; the change time tells when they came here.
      newestMs = Math.max(newestMs, stat.mtimeMs, stat.ctimeMs);
      const id = `${stat.dev}:${stat.ino}`;
      const known = links.get(id);
      // A block of stat is 512 bytes, whatever the file system's own is.
      const bytes = stat.blocks * 512;
      if (known !== undefined) known.left -= 1;
      else links.set(id, { left: stat.isDirectory() ? 0 : stat.nlink - 1, bytes });
      if (!seen.has(id)) diskBytes += bytes;
      seen.add(id);
      if (stat.isDirectory()) for (const name of await readdir(at)) await visit(join(at, name));
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  };
  await visit(path);
  const freedBytes = [...links.values()].reduce((sum, { left, bytes }) => sum + (left === 0 ? bytes : 0), 0);
  return { diskBytes, freedBytes, newestMs };
};
