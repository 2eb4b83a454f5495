import { createHash, randomUUID, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import { errorCode, ioFailure } from './failure.ts';
import { findOwner, ownerMark } from './owner.ts';

/** What makes a later `Range` request safe: the same URL, and what the server called this version of its file. */
export interface PartSource {
  /** sha256 of the URL: the URL itself may hold credentials. */
  readonly urlDigest: string;
  /** A strong ETag or a Last-Modified date, as the server wrote it. */
  readonly validator: string;
}

/** A file that is being downloaded, owned by this process until `release`. */
export interface Part {
  readonly path: string;
  /** Bytes on disk, all of them hashed. */
  readonly receivedBytes: () => number;
  readonly source: () => PartSource | undefined;
  /** Remembers where the bytes come from; nothing means that they cannot be resumed. */
  readonly setSource: (source: PartSource | undefined) => Promise<void>;
  readonly append: (chunk: Uint8Array) => Promise<void>;
  /** Throws away every byte. */
  readonly restart: () => Promise<void>;
  /** sha256 of the bytes so far. */
  readonly digest: () => string;
  /** Syncs the bytes and gives them their final name, over any file of that name. */
  readonly publish: (path: string) => Promise<void>;
  /** Closes it: kept for a later resume, or removed. */
  readonly release: (keep: boolean) => Promise<void>;
}

/** Parts in use by this process. */
const activeParts = new Set<string>();

/** After how long a part of a process that cannot be asked (another machine or container) counts as left behind, in ms. */
const foreignPartAgeMs = 15 * 60_000;

/** Where a part waits for a resume when no process owns it. */
const idlePartPath = (directory: string, sha256: string): string => join(directory, `.${sha256}.part`);

/** Whether nobody writes to a part any more: released, or its process is gone. */
const isLeftBehind = async (directory: string, name: string): Promise<boolean> => {
  if (/^\.[0-9a-f]{64}\.part$/.test(name)) return true;
  const mark = /^\.[0-9a-f]{64}\.([0-9a-f]{8}-\d+)-[0-9a-f-]+\.part$/.exec(name)?.[1];
  if (mark === undefined) return false;
  switch (findOwner(mark)) {
    case 'here':
      return !activeParts.has(name);
    case 'alive':
      return false;
    case 'gone':
      return true;
    case 'foreign':
      return Date.now() - (await stat(join(directory, name))).mtimeMs > foreignPartAgeMs;
  }
};

/** Parts in a downloads directory that no process writes to any more, by name; each may have a `NAME.source` beside it. */
export const listIdleParts = async (directory: string): Promise<readonly string[]> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.part'));
  const idle = await Promise.all(names.map((name) => isLeftBehind(directory, name).catch(() => false)));
  return names.filter((_, index) => idle[index] === true);
};

const readSource = async (path: string): Promise<PartSource | undefined> => {
  try {
    const [urlDigest, validator, ...rest] = (await readFile(path, 'utf8')).split('\n');
    return urlDigest !== undefined && validator !== undefined && validator !== '' && rest.length === 1
      ? { urlDigest, validator }
      : undefined;
  } catch {
    // No source, or an unreadable one: the part is not resumed.
    return undefined;
  }
};

/** Makes a part that was left behind ours: renaming is the claim, so that only one of several processes gets it. */
const claimPart = async (directory: string, sha256: string, name: string): Promise<boolean> => {
  const names = await readdir(directory);
  for (const candidate of names.filter((entry) => entry.startsWith(`.${sha256}.`) && entry.endsWith('.part'))) {
    try {
      if (!(await isLeftBehind(directory, candidate))) continue;
      await rename(join(directory, candidate), join(directory, name));
    } catch (error) {
      // Another process was quicker.
      if (errorCode(error) === 'ENOENT') continue;
      throw error;
    }
    await rename(join(directory, `${candidate}.source`), join(directory, `${name}.source`)).catch(() => undefined);
    return true;
  }
  return false;
};

const hashBytesOnDisk = async (handle: FileHandle): Promise<{ hash: Hash; sizeBytes: number }> => {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1 << 20);
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, sizeBytes);
    if (bytesRead === 0) return { hash, sizeBytes };
    hash.update(buffer.subarray(0, bytesRead));
    sizeBytes += bytesRead;
  }
};

/**
 * Opens the part file of a download: one that an earlier download of the same bytes left behind, or a new one. No two
 * processes ever write to the same part. Failures: `disk-full`, `io-failed`.
 */
export const openPart = async (directory: string, sha256: string): Promise<Result<Part>> => {
  const name = `.${sha256}.${ownerMark}-${randomUUID()}.part`;
  const path = join(directory, name);
  const sourcePath = `${path}.source`;
  activeParts.add(name);
  let handle: FileHandle;
  let state: { hash: Hash; sizeBytes: number };
  let source: PartSource | undefined;
  try {
    const claimed = await claimPart(directory, sha256, name);
    const mode = claimed ? constants.O_RDWR : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    handle = await open(path, mode | constants.O_NOFOLLOW, 0o644);
    state = await hashBytesOnDisk(handle);
    source = claimed ? await readSource(sourcePath) : undefined;
  } catch (error) {
    activeParts.delete(name);
    return fail(ioFailure(error, path, 'open the part file'));
  }
  const close = async (): Promise<void> => {
    await handle.close();
    activeParts.delete(name);
  };
  let released = false;
  return ok({
    path,
    receivedBytes: () => state.sizeBytes,
    source: () => source,
    setSource: async (next) => {
      source = next;
      if (next === undefined) await rm(sourcePath, { force: true });
      else await writeFile(sourcePath, `${next.urlDigest}\n${next.validator}\n`);
    },
    append: async (chunk) => {
      for (let written = 0; written < chunk.length;) {
        const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, state.sizeBytes + written);
        written += bytesWritten;
      }
      state.hash.update(chunk);
      state.sizeBytes += chunk.length;
    },
    restart: async () => {
      await handle.truncate(0);
      state = { hash: createHash('sha256'), sizeBytes: 0 };
    },
    digest: () => state.hash.copy().digest('hex'),
    publish: async (finalPath) => {
      await handle.sync();
      await rename(path, finalPath);
      released = true;
      await close();
      await rm(sourcePath, { force: true });
    },
    release: async (keep) => {
      if (released) return;
      released = true;
      await close();
      if (keep && state.sizeBytes > 0 && source !== undefined) {
        const idle = idlePartPath(directory, sha256);
        try {
          await rename(sourcePath, `${idle}.source`);
          await rename(path, idle);
          return;
        } catch {
          // Not kept, then: a resume is only a saving.
        }
      }
      await rm(path, { force: true });
      await rm(sourcePath, { force: true });
    },
  });
};

/** Removes what an interrupted download left for a resume: the bytes came another way. */
export const dropIdlePart = async (directory: string, sha256: string): Promise<void> => {
  const idle = idlePartPath(directory, sha256);
  await rm(idle, { force: true });
  await rm(`${idle}.source`, { force: true });
};
