import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { askSizeBytes } from '../io/download-size.ts';
import { ioFailure } from '../io/failure.ts';
import { describeOrigin, type OriginContext } from '../io/origins/context.ts';
import { fetchArchive } from '../io/origins/fetch.ts';
import { rewriteUrl } from '../io/origins/https.ts';
import type { Archive, Origin } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** What an origin gave: a file, or the reason why not. */
export type OriginAnswer =
  | { readonly origin: string; readonly gave: true; readonly path: string; readonly sizeBytes: number }
  | { readonly origin: string; readonly gave: false; readonly reason: string };

export interface PinSource {
  /** The archive's name in messages. */
  readonly file: string;
  readonly origins: readonly Origin[];
  /** Size when an entry has it already. */
  readonly sizeBytes?: number;
}

/** A digest that no file has: whoever is asked for it tells what was found instead. */
const noDigest = '0'.repeat(64);

const askOrigin = async (
  origin: Origin,
  source: PinSource,
  sha256: string,
  context: OriginContext,
): Promise<Result<OriginAnswer>> => {
  const name = describeOrigin(origin, source);
  let { sizeBytes } = source;
  if (origin.kind === 'https') {
    // The server is asked though the size is known: a file of another size has another digest, and that is what to say.
    const asked = await askSizeBytes({
      url: rewriteUrl(origin.url, context.mirrors),
      environment: context.callerEnvironment,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    if (asked.ok) sizeBytes = asked.value;
    else if (sizeBytes === undefined) return ok({ origin: name, gave: false, reason: asked.error });
  }
  // Only https looks at the size, and of the format nothing that fetches does.
  const archive: Archive = {
    file: source.file,
    sha256,
    sizeBytes: sizeBytes ?? 1,
    format: 'tar.gz',
    root: '',
    origins: [origin],
  };
  const fetched = await fetchArchive(archive, context);
  if (fetched.ok) return ok({ origin: name, gave: true, path: fetched.value.path, sizeBytes: fetched.value.sizeBytes });
  const { error } = fetched;
  if (error.code !== 'origins-exhausted') return fetched;
  return ok({ origin: name, gave: false, reason: error.attempts[0]?.reason ?? 'it gave nothing' });
};

/**
 * Asks every origin for a file of one digest, each into a directory of its own below `scratch`. One that cannot be reached
 * is said; wrong bytes stop everything. Failures: those of `fetchArchive`, of which `origins-exhausted` when none gave it.
 */
export const fetchFromEach = async (
  source: PinSource,
  sha256: string,
  scratch: string,
  context: OriginContext,
): Promise<Result<readonly OriginAnswer[]>> => {
  const answers: OriginAnswer[] = [];
  for (const [index, origin] of source.origins.entries()) {
    const downloadsDir = join(scratch, `origin-${index}`);
    const answer = await askOrigin(origin, source, sha256, { ...context, downloadsDir });
    if (!answer.ok) return answer;
    answers.push(answer.value);
  }
  if (answers.some(({ gave }) => gave)) return ok(answers);
  return fail({
    code: 'origins-exhausted',
    subject: source.file,
    attempts: answers.flatMap((answer) => (answer.gave ? [] : [{ origin: answer.origin, reason: answer.reason }])),
    next: 'Name an origin that can be reached here; nothing was changed.',
  });
};

/** What each origin's file has for a digest, or why it gave none. Nothing of the files is kept. */
export const findDigests = async (
  source: PinSource,
  scratch: string,
  context: OriginContext,
): Promise<Result<readonly { readonly origin: string; readonly sha256?: string; readonly reason?: string }[]>> => {
  const found: { origin: string; sha256?: string; reason?: string }[] = [];
  for (const [index, origin] of source.origins.entries()) {
    const downloadsDir = join(scratch, `origin-${index}`);
    const answer = await askOrigin(origin, source, noDigest, { ...context, downloadsDir });
    if (answer.ok) {
      const { value } = answer;
      found.push({ origin: value.origin, reason: value.gave ? 'an empty answer' : value.reason });
    } else if (answer.error.code === 'digest-mismatch') {
      found.push({ origin: answer.error.origin, sha256: answer.error.found });
    } else return answer;
  }
  return ok(found);
};

/** The format of an archive by its first bytes. Failure: `archive-refused` when it is neither. */
export const readFormat = async (path: string, file: string): Promise<Result<Archive['format']>> => {
  try {
    const handle = await open(path);
    const { buffer } = await handle.read(Buffer.alloc(6), 0, 6, 0).finally(() => handle.close());
    if (buffer.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return ok('tar.gz');
    if (buffer.equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))) return ok('tar.xz');
  } catch (error) {
    return fail(ioFailure(error, path, 'read'));
  }
  const failure: Failure = {
    code: 'archive-refused',
    archive: file,
    entry: '',
    reason: 'it is neither a gzip nor an xz file',
  };
  return fail(failure);
};

/** Makes an empty scratch directory. Failures: `io-failed`, `disk-full`. */
export const makeScratch = async (path: string): Promise<Result<string>> => {
  try {
    await mkdir(path, { recursive: true });
    return ok(path);
  } catch (error) {
    return fail(ioFailure(error, path, 'make'));
  }
};
