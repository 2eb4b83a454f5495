import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import type { FailureOf } from '../model/failure.ts';
import type { TreeEntry, TreeListing } from '../model/listing.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';
import { isAborted } from './process.ts';
import { hashFile } from './tree.ts';

export interface PackRequest {
  readonly tree: string;
  /** What the tree is known to be: packed is this, or nothing. */
  readonly listing: TreeListing;
  /** The directory in the archive that the tree becomes: `tree`. */
  readonly root: string;
  /** The file that is written. */
  readonly into: string;
  readonly signal: AbortSignal;
}

/** A packed tree. */
export interface Packed {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Between speed and size: level 9 takes twice the time for 1 % less. */
const gzipLevel = 5;

const readBytes = 1 << 18;

/** Thrown inside the stream, which can be ended in no other way. */
class Damaged extends Error {
  readonly failure: FailureOf<'store-damaged'>;
  constructor(failure: FailureOf<'store-damaged'>) {
    super(failure.found);
    this.failure = failure;
  }
}

/** Whole seconds: they are what a header has room for, and what CPython's .pyc files hold of their sources. */
const timeOf = ({ mtimeNs }: Pick<TreeEntry, 'mtimeNs'>): Date =>
  new Date(Number(BigInt(mtimeNs) / 1_000_000_000n) * 1000);

const encodeHeader = (name: string, entry: Omit<TreeEntry, 'path'>): Buffer => {
  const isDirectory = entry.kind === 'directory';
  const mtime = timeOf(entry);
  const path = isDirectory ? `${name}/` : name;
  const linkpath = entry.kind === 'symlink' ? { linkpath: entry.content } : {};
  const header = new Header({
    path,
    type: ({ file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const)[entry.kind],
    mode: isDirectory || entry.executable ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: entry.kind === 'file' ? entry.sizeBytes : 0,
    mtime,
    ...linkpath,
  });
  const needsPax = header.encode();
  const block = header.block ?? Buffer.alloc(0);
  // What a header has no room for: a long name or target.
  return needsPax ? Buffer.concat([new Pax({ path, ...linkpath, mtime }).encode(), block]) : block;
};

/** The bytes of a file, which must be those of the listing. */
const readListed = async function* (path: string, entry: TreeEntry): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const value of createReadStream(path, { highWaterMark: readBytes })) {
    // No encoding is set: it yields Buffers.
    const chunk = value as Buffer;
    hash.update(chunk);
    sizeBytes += chunk.length;
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== entry.content || sizeBytes !== entry.sizeBytes) {
    throw new Damaged({ code: 'store-damaged', path, expected: `sha256 ${entry.content}`, found: `sha256 ${found}` });
  }
  yield Buffer.alloc((512 - (sizeBytes % 512)) % 512);
};

/** The tree's own directory, of whose time nobody takes note. */
const top: Omit<TreeEntry, 'path'> = {
  kind: 'directory',
  executable: false,
  sizeBytes: 0,
  mtimeNs: '315619200000000000',
  content: '',
};

const writeTar = async function* ({ tree, listing, root }: PackRequest): AsyncGenerator<Buffer> {
  yield encodeHeader(root, top);
  for (const entry of listing.entries) {
    yield encodeHeader(`${root}/${entry.path}`, entry);
    if (entry.kind === 'file') yield* readListed(join(tree, entry.path), entry);
  }
  yield Buffer.alloc(1024);
};

/**
 * Packs a listed tree as tar.gz: the same listing gives the same bytes, whoever owns the tree and whatever is linked how (a
 * hard link is packed as a file of its own). Every file is held against the listing as it is read.
 * Failures: `store-damaged`, `disk-full`, `io-failed`, `interrupted`; then nothing of it should be used.
 */
export const packTree = async (request: PackRequest): Promise<Result<Packed>> => {
  const { into, signal } = request;
  try {
    await pipeline(
      Readable.from(writeTar(request), { objectMode: false, highWaterMark: readBytes }),
      createGzip({ level: gzipLevel }),
      createWriteStream(into, { flags: 'wx' }),
      { signal },
    );
    return ok({ sha256: await hashFile(into), sizeBytes: (await stat(into)).size });
  } catch (error) {
    if (isAborted(signal)) return fail({ code: 'interrupted', signal: String(signal.reason) });
    if (error instanceof Damaged) return fail(error.failure);
    return fail(ioFailure(error, into, 'pack'));
  }
};
