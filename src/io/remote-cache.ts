import { cacheEntrySchema, type CacheEntry } from '../model/cache-entry.ts';
import type { Archive } from '../model/catalogue.ts';
import { canonicalJson, parseJson, prettyJson } from '../model/json.ts';
import type { StepRecord } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { Packed } from './archive-pack.ts';
import { openCacheLink, type LinkOptions } from './cache-link.ts';
import type { SigningKey, TrustedKey } from './signature.ts';

export interface RemoteCacheOptions extends LinkOptions {
  readonly sign?: SigningKey;
  /** Only what one of these has signed is taken. */
  readonly trust?: readonly TrustedKey[];
}

/** An entry that may be taken, as far as can be told without its tree. */
export interface FoundEntry {
  readonly entry: CacheEntry;
  /** The key whose signature was checked. */
  readonly signedBy?: string;
}

/**
 * Finished steps and source archives of other machines, on a server that needs to know GET, HEAD and PUT only:
 *
 *     v1/steps/<key>.json         a step's record, and which blob holds its tree
 *     v1/blobs/<sha256>           packed trees
 *     v1/downloads/<sha256>       source archives
 *
 * A blob is written before the entry that names it. Nothing that a server or a network does is a failure.
 */
export interface RemoteCache {
  readonly mayWrite: boolean;
  /** What it has of a step; nothing when it has none, or none that may be taken. */
  readonly findEntry: (key: string, what: string) => Promise<FoundEntry | undefined>;
  /** Gets an entry's packed tree into a directory; nothing when the cache does not give it. Failures: `disk-full`, `io-failed`, `interrupted`. */
  readonly getBlob: (found: FoundEntry, what: string, directory: string) => Promise<Result<string | undefined>>;
  /** Gets a source archive into a directory of downloads, as `getBlob` does. */
  readonly getArchive: (archive: Archive, directory: string) => Promise<Result<string | undefined>>;
  /** Whether an entry would be new to it, or take the place of one that was refused. */
  readonly wantsEntry: (key: string) => Promise<boolean>;
  readonly putEntry: (
    entry: { readonly key: string; readonly record: StepRecord },
    packed: Packed,
    file: string,
  ) => Promise<boolean>;
  readonly wantsArchive: (sha256: string) => Promise<boolean>;
  readonly putArchive: (archive: Pick<Archive, 'file' | 'sha256'>, path: string, sizeBytes: number) => Promise<boolean>;
  /** Says that an entry is not what it says; whoever makes the step writes a better one. */
  readonly reject: (key: string, what: string, expected: string, found: string) => void;
  readonly notice: (text: string) => void;
  readonly close: () => Promise<void>;
}

/** An entry is a record and two digests: commands of a large step take some ten kilobytes. */
const maxEntryBytes = 1 << 20;
/** A debug build of CPython is packed into 100 MB. */
const maxBlobBytes = 1 << 30;

const shorten = (digest: string): string => digest.slice(0, 12);

/** The text that a signature is of. */
const signedText = (entry: CacheEntry): string => canonicalJson({ ...entry, signature: undefined });

/** Whose signature an entry has, or why it has none that counts. */
const checkSignature = (
  entry: CacheEntry,
  trust: readonly TrustedKey[],
): { readonly signedBy: string } | { readonly found: string } => {
  const { signature } = entry;
  if (signature === undefined) return { found: 'no signature' };
  const key = trust.find(({ id }) => id === signature.key);
  if (key === undefined) return { found: `a signature of the key ${shorten(signature.key)}` };
  return key.verify(signedText(entry), signature.ed25519)
    ? { signedBy: key.id }
    : { found: `a signature of the key ${shorten(key.id)} that does not hold` };
};

/** Opens a remote cache; nothing is asked yet. */
export const openRemoteCache = (options: RemoteCacheOptions): RemoteCache => {
  const { sign, trust } = options;
  const link = openCacheLink(options);
  const rejected = new Set<string>();

  const reject: RemoteCache['reject'] = (key, what, expected, found) => {
    rejected.add(key);
    link.reject(`entry for "${what}"`, expected, found);
  };

  const judgeEntry = (
    text: string,
    key: string,
  ): FoundEntry | { readonly expected: string; readonly found: string } => {
    const parsed = parseJson(cacheEntrySchema, text);
    if (!parsed.ok) {
      const [first] = parsed.error;
      return { expected: 'an entry of a cache', found: `something else at ${first?.path ?? '$'}` };
    }
    const entry = parsed.value;
    for (const found of [entry.key, entry.record.fingerprint]) {
      if (found !== key) return { expected: `the step ${shorten(key)}`, found: `the step ${found.slice(0, 12)}` };
    }
    if (entry.blob.sizeBytes > maxBlobBytes) {
      return { expected: `at most ${maxBlobBytes} bytes`, found: `${entry.blob.sizeBytes} bytes` };
    }
    if (trust === undefined) return { entry };
    const signature = checkSignature(entry, trust);
    return 'found' in signature
      ? { expected: 'a signature of a trusted key', found: signature.found }
      : { entry, signedBy: signature.signedBy };
  };

  return {
    mayWrite: options.mayWrite,
    findEntry: async (key, what) => {
      const got = await link.get(`steps/${key}.json`, maxEntryBytes);
      if (got === undefined || got === 'absent') return undefined;
      const judged = judgeEntry(got.toString('utf8'), key);
      if ('entry' in judged) return judged;
      reject(key, what, judged.expected, judged.found);
      return undefined;
    },
    getBlob: async ({ entry }, what, directory) => {
      const { sha256, sizeBytes } = entry.blob;
      const got = await link.download({
        path: `blobs/${sha256}`,
        what: `entry for "${what}"`,
        sha256,
        sizeBytes,
        directory,
      });
      if (got.ok && got.value === undefined) rejected.add(entry.key);
      return got;
    },
    getArchive: async ({ file, sha256, sizeBytes }, directory) => {
      const path = `downloads/${sha256}`;
      if ((await link.has(path)) !== true) return ok(undefined);
      const got = await link.download({ path, what: file, sha256, sizeBytes, directory });
      if (got.ok && got.value === undefined) rejected.add(sha256);
      return got;
    },
    wantsEntry: async (key) =>
      link.isOpen() && (rejected.has(key) || (await link.has(`steps/${key}.json`)) === false) && (await link.mayPut()),
    putEntry: async ({ key, record }, packed, file) => {
      const { sha256, sizeBytes } = packed;
      const path = `blobs/${sha256}`;
      if (rejected.has(key) || (await link.has(path)) !== true) {
        if (!(await link.put(path, record.title, { file, sizeBytes }))) return false;
      }
      const entry: CacheEntry = { version: 1, kind: 'cache-entry', key, record, blob: { sha256, sizeBytes } };
      const signed: CacheEntry =
        sign === undefined ? entry : { ...entry, signature: { key: sign.id, ed25519: sign.sign(signedText(entry)) } };
      return link.put(`steps/${key}.json`, record.title, { bytes: Buffer.from(prettyJson(signed), 'utf8') });
    },
    wantsArchive: async (sha256) =>
      link.isOpen() &&
      (rejected.has(sha256) || (await link.has(`downloads/${sha256}`)) === false) &&
      (await link.mayPut()),
    putArchive: ({ file, sha256 }, path, sizeBytes) => link.put(`downloads/${sha256}`, file, { file: path, sizeBytes }),
    reject,
    notice: link.notice,
    close: link.close,
  };
};
