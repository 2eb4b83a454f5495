import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TreeEntry } from '../model/listing.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { errorCode, ioFailure } from './failure.ts';
import { removeTree } from './files.ts';
import { listTree } from './tree.ts';

/** What synchronizing changed. */
export interface Synchronized {
  /** Files and links whose content differed, or that came or went. */
  readonly changedFiles: number;
  /** A name came or went, or became something else, that a compiler could have looked for. */
  readonly namesChanged: boolean;
}

/** What editors and version control leave, and documents: no compiler and no build file looks for such a name. */
const isHarmless = (path: string): boolean =>
  /^\.|~$|^#.*#$|^\d+$|\.(?:md|orig|rej|patch|diff|log|pyc)$/.test(basename(path));

const keyOf = ({ kind, executable, content }: TreeEntry): string => `${kind} ${executable ? 'x' : '-'} ${content}`;

const listExisting = async (root: string): Promise<Result<readonly TreeEntry[]>> => {
  try {
    await lstat(root);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? ok([]) : fail(ioFailure(error, root, 'read the tree'));
  }
  const listed = await listTree(root);
  return listed.ok ? ok(listed.value.entries) : listed;
};

/** Puts one entry in place of whatever is there; its time is now, whatever the source's is. */
const place = async (from: string, to: string, entry: TreeEntry): Promise<void> => {
  const target = join(to, entry.path);
  if (entry.kind === 'directory') {
    await mkdir(target);
    return;
  }
  if (entry.kind === 'symlink') {
    await symlink(entry.content, target);
    return;
  }
  await copyFile(join(from, entry.path), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await chmod(target, entry.executable ? 0o755 : 0o644);
};

/**
 * Makes `to` (absent, or a tree) the same as `from` by names, kinds, executable bits and bytes. Both are read whole: times
 * and sizes are not believed. What is the same is not touched; what differs is made anew, with the present time.
 * Failures: `io-failed`, `disk-full`.
 */
export const synchronizeTree = async (from: string, to: string): Promise<Result<Synchronized>> => {
  const wanted = await listTree(from);
  if (!wanted.ok) return wanted;
  const found = await listExisting(to);
  if (!found.ok) return found;
  const before = new Map(found.value.map((entry) => [entry.path, entry]));
  const after = new Map(wanted.value.entries.map((entry) => [entry.path, entry]));
  let changedFiles = 0;
  let namesChanged = false;
  const note = (entry: TreeEntry, other: TreeEntry | undefined): void => {
    const isName = other === undefined || other.kind !== entry.kind || entry.kind === 'symlink';
    // An empty directory is nothing to include; what is in it is counted by itself.
    const matters = entry.kind !== 'directory' || (other !== undefined && other.kind !== 'directory');
    if (!matters) return;
    changedFiles += 1;
    if (isName && !isHarmless(entry.path)) namesChanged = true;
  };
  try {
    await mkdir(to, { recursive: true });
    for (const entry of found.value.toReversed()) {
      const other = after.get(entry.path);
      if (other !== undefined && keyOf(other) === keyOf(entry)) continue;
      if (other === undefined) note(entry, undefined);
      // Reversed: what is in a directory has been removed before it, unless the directory stays.
      const removed = await removeTree(join(to, entry.path));
      if (!removed.ok) return removed;
    }
    for (const entry of wanted.value.entries) {
      const other = before.get(entry.path);
      if (other !== undefined && keyOf(other) === keyOf(entry)) continue;
      note(entry, other);
      await place(from, to, entry);
    }
    return ok({ changedFiles, namesChanged });
  } catch (error) {
    return fail(ioFailure(error, to, 'synchronize'));
  }
};
