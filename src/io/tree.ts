import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TreeEntry, TreeListing } from '../model/listing.ts';
import { compareCodeUnits } from '../model/json.ts';
import { ok, fail, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';

/** How much of a file is read at a time. */
const chunkBytes = 256 * 1024;
/** Files that are read at the same time. */
const readers = 8;

/**
 * sha256 of a file's bytes, in hexadecimal. Whoever hashes many files passes one buffer for all that follow one another:
 * memory of its own for each file would be let go much later than it is used. Throws what the file system throws.
 */
export const hashFile = async (path: string, buffer: Buffer = Buffer.allocUnsafe(chunkBytes)): Promise<string> => {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
};

/** What a look at an entry tells without reading it; no kind: a socket, device or pipe. */
interface Seen extends Omit<TreeEntry, 'kind' | 'content'> {
  readonly kind: TreeEntry['kind'] | undefined;
}

const kindOf = (stat: BigIntStats): TreeEntry['kind'] | undefined =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : undefined;

const walk = (root: string): Seen[] => {
  const seen: Seen[] = [];
  const visit = (relative: string): void => {
    for (const name of readdirSync(relative === '' ? root : `${root}/${relative}`)) {
      const path = relative === '' ? name : `${relative}/${name}`;
      const stat = lstatSync(`${root}/${path}`, { bigint: true });
      const kind = kindOf(stat);
      // What stat answers is far more than is kept of thousands of entries.
      seen.push({
        path,
        kind,
        executable: kind === 'file' && (stat.mode & 0o111n) !== 0n,
        sizeBytes: kind === 'file' ? Number(stat.size) : 0,
        mtimeNs: String(stat.mtimeNs),
      });
      if (kind === 'directory') visit(path);
    }
  };
  visit('');
  return seen.sort((a, b) => compareCodeUnits(a.path, b.path));
};

/**
 * Lists a tree with the digest of every file, in code-unit order. The tree digest covers names, kinds, executable
 * bits, link targets and bytes; not times, owners or the directory's place.
 * Failures: `io-failed` (also for a socket, device or pipe: they cannot be stored).
 */
export const listTree = async (root: string): Promise<Result<TreeListing>> => {
  try {
    const seen = walk(root);
    const entries: TreeEntry[] = [];
    let next = 0;
    let odd: string | undefined;
    const work = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (let index = next++; index < seen.length; index = next++) {
        const item = seen[index];
        if (item === undefined) break;
        const { kind } = item;
        if (kind === undefined) {
          odd ??= item.path;
          continue;
        }
        const full = join(root, item.path);
        entries[index] = {
          ...item,
          kind,
          content: kind === 'file' ? await hashFile(full, buffer) : kind === 'symlink' ? readlinkSync(full) : '',
        };
      }
    };
    await Promise.all(Array.from({ length: readers }, work));
    if (odd !== undefined) {
      return fail({
        code: 'io-failed',
        path: join(root, odd),
        operation: 'store',
        reason: 'it is neither a file, a directory nor a symbolic link',
      });
    }
    return ok({ version: 1, kind: 'listing', digest: digestListing(entries), entries });
  } catch (error) {
    return fail(ioFailure(error, root, 'read the tree'));
  }
};

/** The tree digest of a listing. */
export const digestListing = (entries: readonly TreeEntry[]): string => {
  const hash = createHash('sha256');
  for (const { path, kind, executable, content } of entries) {
    hash.update(`${kind}\0${executable ? 'x' : '-'}\0${path}\0${content}\n`);
  }
  return hash.digest('hex');
};

/** Newest time of anything below a directory, in milliseconds since 1970; 0 of an empty one. Throws what the file system throws. */
export const newestTimeMs = (root: string): number =>
  walk(root).reduce((newest, { mtimeNs }) => Math.max(newest, Number(BigInt(mtimeNs) / 1_000_000n)), 0);

/** The first thing in which a tree differs from its listing by names, kinds, sizes and times, or nothing. Reads no file. */
export const compareStat = (root: string, listing: TreeListing): string | undefined => {
  let seen: Seen[];
  try {
    seen = walk(root);
  } catch {
    return 'the tree cannot be read';
  }
  const found = new Map(seen.map((item) => [item.path, item]));
  for (const entry of listing.entries) {
    const item = found.get(entry.path);
    if (item === undefined) return `${entry.path} is missing`;
    found.delete(entry.path);
    if (item.kind !== entry.kind) return `${entry.path} is no longer a ${entry.kind}`;
    if (entry.kind === 'symlink' && readlinkSync(join(root, entry.path)) !== entry.content) {
      return `${entry.path} points elsewhere`;
    }
    if (entry.kind !== 'file') continue;
    if (item.sizeBytes !== entry.sizeBytes) return `${entry.path} has ${item.sizeBytes} bytes, not ${entry.sizeBytes}`;
    if (item.mtimeNs !== entry.mtimeNs) return `${entry.path} was written to`;
  }
  const extra = [...found.keys()][0];
  return extra === undefined ? undefined : `${extra} is not part of it`;
};

/** Takes away (or gives back) the owner's right to write in a listed tree: files and directories. */
export const setWritable = async (root: string, listing: TreeListing, writable: boolean): Promise<void> => {
  for (const entry of [...listing.entries].reverse()) {
    if (entry.kind === 'symlink') continue;
    const mode = entry.kind === 'directory' || entry.executable ? 0o555 : 0o444;
    await chmod(join(root, entry.path), writable ? mode | 0o200 : mode);
  }
  await chmod(root, writable ? 0o755 : 0o555);
};
