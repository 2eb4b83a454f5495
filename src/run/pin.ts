import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { removeTree, writeFileAtomic } from '../io/files.ts';
import { acquireLock } from '../io/lock.ts';
import type { OriginContext } from '../io/origins/context.ts';
import { fetchArchive } from '../io/origins/fetch.ts';
import type { Archive, AwslcEntry, Catalogue, CpythonEntry, Origin } from '../model/catalogue.ts';
import { canonicalJson, type Json } from '../model/json.ts';
import { formatSource } from '../model/json-source.ts';
import type { PinReport } from '../model/pin.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import { loadCatalogue } from './data.ts';
import { fetchFromEach, findDigests, makeScratch, readFormat, type OriginAnswer } from './pin-fetch.ts';
import { readAwslc, readCpython, type ReadRequest } from './pin-read.ts';
import type { Store } from './store.ts';

/** A version to put into the catalogue. */
export type PinSubject =
  | { readonly kind: 'cpython'; readonly version: string; readonly series: string }
  | { readonly kind: 'awslc'; readonly version: string; readonly line: AwslcEntry['line'] };

export interface PinRequest {
  readonly subject: PinSubject;
  /** The archive's name. */
  readonly file: string;
  /** In the order in which a fetch will try them. */
  readonly origins: readonly Origin[];
  /** The digest that the archive must have. */
  readonly sha256: string;
  /** Known when the version is in the catalogue already. */
  readonly sizeBytes?: number;
  readonly catalogueDir: string;
  readonly store: Store;
  readonly searchPath: string;
  readonly fetch: Omit<OriginContext, 'downloadsDir' | 'signal'>;
  readonly signal: AbortSignal;
}

type Pinned = Pick<PinReport, 'entry' | 'change' | 'origins'>;

/** Versions as a person says them: `CPython 3.14.5`. */
export const describeSubject = ({ kind, version }: Pick<PinSubject, 'kind' | 'version'>): string =>
  `${kind === 'cpython' ? 'CPython' : 'AWS-LC'} ${version}`;

const withScratch = async <T>(store: Store, work: (scratch: string) => Promise<Result<T>>): Promise<Result<T>> => {
  const scratch = await makeScratch(join(store.tmp, `pin-${process.pid}-${randomUUID()}`));
  if (!scratch.ok) return scratch;
  const result = await work(scratch.value);
  const removed = await removeTree(scratch.value);
  return result.ok && !removed.ok ? removed : result;
};

/** The digests that origins' files have now, for a person to compare with what upstream publishes. Nothing is kept. */
export const findPinDigests = (
  request: Omit<PinRequest, 'sha256'>,
): Promise<Result<readonly { readonly origin: string; readonly sha256?: string; readonly reason?: string }[]>> =>
  withScratch(request.store, (scratch) => findDigests(request, scratch, contextOf(request)));

const contextOf = (request: Omit<PinRequest, 'sha256'>): OriginContext => ({
  ...request.fetch,
  downloadsDir: request.store.downloads,
  signal: request.signal,
});

/** Offline only what is in the store, or lies on this machine, is taken; no origin is asked. */
const takeOffline = async (request: PinRequest): Promise<Result<readonly OriginAnswer[]>> => {
  const { file, sha256, origins } = request;
  const archive: Archive = { file, sha256, sizeBytes: 1, format: 'tar.gz', root: '', origins: [...origins] };
  const fetched = await fetchArchive(archive, contextOf(request));
  if (!fetched.ok) return fetched;
  const { path, sizeBytes } = fetched.value;
  return ok([{ origin: 'the store', gave: true, path, sizeBytes }]);
};

type Read = { readonly root: string; readonly version: string; readonly capabilities?: AwslcEntry['capabilities'] };

const makeEntry = (subject: PinSubject, archive: Archive, read: Read): AwslcEntry | CpythonEntry => {
  if (subject.kind === 'cpython') return { version: subject.version, series: subject.series, archive };
  if (read.capabilities === undefined) throw new Error('AWS-LC was read without its capabilities');
  return { version: subject.version, line: subject.line, archive, capabilities: read.capabilities };
};

/** Replaces or adds an entry of its version, in version order. */
const placeEntry = <T extends { readonly version: string }>(entries: readonly T[], entry: T): T[] =>
  [...entries.filter(({ version }) => version !== entry.version), entry].sort((a, b) =>
    compareVersions(a.version, b.version),
  );

const addToCatalogue = (catalogue: Catalogue, entry: AwslcEntry | CpythonEntry): Catalogue['awslc' | 'cpython'] =>
  'line' in entry
    ? { ...catalogue.awslc, entries: placeEntry(catalogue.awslc.entries, entry) }
    : { ...catalogue.cpython, entries: placeEntry(catalogue.cpython.entries, entry) };

/** Reads the catalogue again and writes it with the entry, one process at a time. */
const writeEntry = async (request: PinRequest, entry: AwslcEntry | CpythonEntry): Promise<Result<Pinned['change']>> => {
  const lock = await acquireLock({
    path: join(request.store.locks, 'pin'),
    owner: `process ${process.pid} (pin)`,
    signal: request.signal,
    onWait: (owner) => request.fetch.progress?.(`waiting for another pin (${owner})`),
  });
  if (!lock.ok) return lock;
  try {
    const catalogue = await loadCatalogue(request.catalogueDir);
    if (!catalogue.ok) return catalogue;
    const { kind, version } = request.subject;
    const before = catalogue.value[kind].entries.find((known) => known.version === version);
    if (before !== undefined && canonicalJson(before) === canonicalJson(entry)) return ok('none');
    const file = addToCatalogue(catalogue.value, entry);
    // A catalogue is plain JSON: it has just been read from some.
    const written = await writeFileAtomic(
      join(request.catalogueDir, `${kind}.json`),
      formatSource(file as unknown as Json),
    );
    return written.ok ? ok(before === undefined ? 'added' : 'changed') : written;
  } finally {
    await lock.value.release();
  }
};

/** Puts the verified bytes among the store's downloads. */
const keepDownload = async (path: string, request: PinRequest): Promise<Result<void>> => {
  const final = join(request.store.downloads, request.sha256);
  if (path === final) return ok(undefined);
  try {
    await rename(path, final);
    return ok(undefined);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return fail(ioFailure(error, final, 'put into the store'));
  }
};

/**
 * Fetches a version through every origin, reads from the archive what it is, and only then writes its entry: nothing is
 * changed when anything is not as asked. Failures: `digest-mismatch`, `archive-refused` (also for another version than
 * asked), those of `fetchArchive`, `tool-missing`, `file-invalid`, `io-failed`.
 */
export const pinVersion = (request: PinRequest): Promise<Result<Pinned>> =>
  withScratch(request.store, async (scratch) => {
    const { subject, file, sha256 } = request;
    const answers = request.fetch.offline
      ? await takeOffline(request)
      : await fetchFromEach(request, sha256, scratch, contextOf(request));
    if (!answers.ok) return answers;
    const got = answers.value.find((answer) => answer.gave);
    if (got?.gave !== true) throw new Error('some origin has given the file');
    const format = await readFormat(got.path, file);
    if (!format.ok) return format;
    const reading: ReadRequest = {
      path: got.path,
      file,
      format: format.value,
      into: join(scratch, 'tree'),
      searchPath: request.searchPath,
      signal: request.signal,
    };
    const read: Result<Read> = subject.kind === 'cpython' ? await readCpython(reading) : await readAwslc(reading);
    if (!read.ok) return read;
    if (read.value.version !== subject.version.replace(/^fips-/, '')) {
      const reason = `it is ${describeSubject({ ...subject, version: read.value.version })}, not ${subject.version}`;
      return fail({ code: 'archive-refused', archive: file, entry: read.value.root, reason });
    }
    const archive: Archive = {
      file,
      sha256,
      sizeBytes: got.sizeBytes,
      format: format.value,
      root: read.value.root,
      origins: [...request.origins],
    };
    const kept = await keepDownload(got.path, request);
    if (!kept.ok) return kept;
    const entry = makeEntry(subject, archive, read.value);
    const change = await writeEntry(request, entry);
    if (!change.ok) return change;
    const origins = answers.value.map((answer) =>
      answer.gave
        ? { origin: answer.origin, gave: true }
        : { origin: answer.origin, gave: false, reason: answer.reason },
    );
    return ok({ entry, change: change.value, origins });
  });
