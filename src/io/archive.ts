import { mkdir, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { openTarStream, type ArchiveFormat } from './archive-decompress.ts';
import { defaultArchiveLimits, makeArchiveReader, type ArchiveLimits } from './archive-reader.ts';
import { makeTreeWriter } from './archive-writer.ts';
import { errorCode, ioFailure } from './failure.ts';
import { removeTree } from './files.ts';
import { isAborted } from './process.ts';

export interface ExtractRequest {
  readonly archive: string;
  readonly format: ArchiveFormat;
  /** Directory inside the archive whose content is wanted, `Python-3.14.6`; empty for everything. */
  readonly root: string;
  /** Where that content goes: absent or an empty directory. */
  readonly into: string;
  /** The archive's name in a refusal; its file name unless given. */
  readonly subject?: string;
  /** The whole environment of `xz`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits?: Partial<ArchiveLimits>;
  readonly signal?: AbortSignal;
}

export interface Extracted {
  readonly entries: number;
  readonly bytes: number;
}

/** Makes `into`, or finds it empty; whether it was there. */
const prepareTarget = async (into: string): Promise<Result<boolean>> => {
  try {
    const present = await readdir(into).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (present !== undefined && present.length > 0) {
      return fail({ code: 'io-failed', path: into, operation: 'unpack into', reason: 'it is not empty' });
    }
    await mkdir(into, { recursive: true });
    return ok(present !== undefined);
  } catch (error) {
    return fail(ioFailure(error, into, 'unpack into'));
  }
};

/** A file operation below `into` names the entry; the failure names the path. */
const located = (failure: Failure, into: string): Failure =>
  failure.code === 'io-failed' || failure.code === 'disk-full' ? { ...failure, path: into } : failure;

/**
 * Unpacks what an archive has under `root`. Each entry of the archive, wanted or not, must be a plain file, directory
 * or link inside the tree, with a name that is unique whatever the case; the first that is not stops everything, and
 * `into` is left as it was found. Modes become 0644 or 0755, times are kept: the same archive gives the same tree.
 * Failures: `archive-refused`, `tool-missing` (xz), `disk-full`, `io-failed`, `interrupted`.
 */
export const extractArchive = async (request: ExtractRequest): Promise<Result<Extracted>> => {
  const { archive, into, signal } = request;
  const prepared = await prepareTarget(into);
  if (!prepared.ok) return prepared;
  const reader = makeArchiveReader(request.root, makeTreeWriter(into), { ...defaultArchiveLimits, ...request.limits });
  const refused = (entry: string, reason: string): Failure => ({
    code: 'archive-refused',
    archive: request.subject ?? basename(archive),
    entry,
    reason,
  });
  const failure = await (async (): Promise<Failure | undefined> => {
    const stream = openTarStream(archive, request.format, request.environment);
    try {
      for (;;) {
        if (isAborted(signal)) return { code: 'interrupted', signal: String(signal?.reason) };
        const next = await stream.next();
        if (next.done === true) {
          const problem = next.value;
          if (problem === undefined) reader.end();
          else return 'failure' in problem ? problem.failure : refused(reader.lastEntry(), problem.damage);
        } else reader.feed(next.value);
        const problem = reader.problem();
        if (problem !== undefined) {
          return 'failure' in problem ? located(problem.failure, into) : refused(problem.entry, problem.reason);
        }
        if (next.done === true) return undefined;
      }
    } finally {
      await stream.return(undefined);
      reader.close();
    }
  })();
  if (failure === undefined) return ok(reader.written());
  const removed = await removeTree(into);
  if (!removed.ok) return removed;
  if (prepared.value) {
    const restored = await prepareTarget(into);
    if (!restored.ok) return restored;
  }
  return fail(failure);
};
