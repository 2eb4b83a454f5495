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
  /** The time of every entry: those of the disk are of one machine. */
  readonly time: Date;
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

const encodeHeader = (
  name: string,
  entry: Pick<TreeEntry, 'kind' | 'executable' | 'content' | 'sizeBytes'>,
  time: Date,
): Buffer => {
  const isFile = entry.kind === 'file';
  const data = {
    path: entry.kind === 'directory' ? `${name}/` : name,
    type: ({ file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const)[entry.kind],
    mode: entry.kind === 'directory' || entry.executable ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: isFile ? entry.sizeBytes : 0,
    mtime: time,
    ...(entry.kind === 'symlink' ? { linkpath: entry.content } : {}),
  };
  const header = new Header(data);
  const needsPax = header.encode();
  const block = header.block ?? Buffer.alloc(0);
  if (!needsPax) return block;
  // What a header has no room for: a long name or target.
  const { path, linkpath } = { linkpath: undefined, ...data };
  return Buffer.concat([
    new Pax({ path, ...(linkpath === undefined ? {} : { linkpath }), mtime: time }).encode(),
    block,
  ]);
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

const writeTar = async function* ({ tree, listing, root, time }: PackRequest): AsyncGenerator<Buffer> {
  yield encodeHeader(root, { kind: 'directory', executable: false, content: '', sizeBytes: 0 }, time);
  for (const entry of listing.entries) {
    yield encodeHeader(`${root}/${entry.path}`, entry, time);
    if (entry.kind === 'file') yield* readListed(join(tree, entry.path), entry);
  }
  yield Buffer.alloc(1024);
};

/**
 * Packs a listed tree as tar.gz: the same tree gives the same bytes, whoever owns it and whatever is linked how (a hard
 * link is packed as a file of its own). Every file is held against the listing as it is read.
 * Failures: `store-damaged`, `disk-full`, `io-failed`, `interrupted`; then nothing of it should be used.
 */
export const packTree = async (request: PackRequest): Promise<Result<Packed>> => {
  const { into, signal } = request;
  // A header has whole seconds.
  const time = new Date(Math.floor(request.time.getTime() / 1000) * 1000);
  try {
    await pipeline(
      Readable.from(writeTar({ ...request, time }), { objectMode: false, highWaterMark: readBytes }),
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
