import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { OpensslChoice } from '../model/source.ts';
import { adoptTree, type AdoptInput } from './adopt.ts';
import { openStore } from './store.ts';

type Input = Pick<AdoptInput, 'store' | 'signal' | 'notice'>;

/** Where installations keep their libraries; the first that has libcrypto is taken. */
const libraryDirs = ['lib', 'lib64'] as const;

const isLibrary = (name: string): boolean => /^lib(?:ssl|crypto)\.(?:a|so(?:\.[0-9.]+)?)$/.test(name);

const wrong = (asked: string, problem: string): Failure => ({
  code: 'usage',
  message: `--openssl ${asked}: ${problem}`,
  next: 'It takes the prefix that an OpenSSL was installed to: include/openssl/ and lib/ or lib64/ below it.',
});

/** What an installed OpenSSL's own header says it is. LibreSSL, BoringSSL and AWS-LC do not say it there. */
const readVersion = async (prefix: string): Promise<string | undefined> => {
  const text = await readFile(join(prefix, 'include/openssl/opensslv.h'), 'utf8').catch(() => '');
  return /^#\s*define\s+OPENSSL_VERSION_TEXT\s+"OpenSSL (\S+)/m.exec(text)?.[1];
};

const findLibraries = async (prefix: string): Promise<{ dir: string; names: readonly string[] } | undefined> => {
  for (const name of libraryDirs) {
    const dir = join(prefix, name);
    const names = (await readdir(dir).catch(() => [])).filter(isLibrary);
    if (names.some((file) => file.startsWith('libcrypto.')) && names.some((file) => file.startsWith('libssl.'))) {
      return { dir, names };
    }
  }
  return undefined;
};

/** Copies headers and libraries only, to `include/openssl` and `lib`: a prefix such as /usr has much else. */
const takePrefix = async (
  prefix: string,
  libraries: { dir: string; names: readonly string[] },
  into: string,
  signal: AbortSignal,
): Promise<Result<{ description: string }>> => {
  try {
    await mkdir(join(into, 'lib'), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, into, 'make'));
  }
  const copies = [
    { from: join(prefix, 'include/openssl'), to: join(into, 'include/openssl') },
    ...libraries.names.map((name) => ({ from: join(libraries.dir, name), to: join(into, 'lib/') })),
  ];
  for (const copy of copies) {
    const copied = await copyTree({
      ...copy,
      linked: false,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
      signal,
    });
    if (!copied.ok) return copied;
  }
  return ok({ description: 'an installed OpenSSL' });
};

/**
 * Puts the OpenSSL that `--openssl path:DIR` names into the store, by the digest of its headers and libraries, so that no
 * plan holds its path. Failures: `usage` (no such directory, no OpenSSL in it), `io-failed`, `disk-full`.
 */
export const adoptOpenssl = async (asked: string, input: Input): Promise<Result<OpensslChoice>> => {
  const prefix = asked.slice('path:'.length);
  const isDirectory = await stat(prefix).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) return fail(wrong(asked, 'no such directory.'));
  const version = await readVersion(prefix);
  if (version === undefined) return fail(wrong(asked, 'there is no include/openssl/opensslv.h of an OpenSSL.'));
  const libraries = await findLibraries(prefix);
  if (libraries === undefined) return fail(wrong(asked, 'there is no libssl and libcrypto in lib/ or lib64/.'));
  const opened = await openStore(dirname(input.store.dir));
  if (!opened.ok) return opened;
  const adopted = await adoptTree('openssl', (into) => takePrefix(prefix, libraries, into, input.signal), input);
  if (!adopted.ok) return adopted;
  const { source } = adopted.value;
  input.notice(`${asked} is OpenSSL ${version}, content ${source.treeDigest.slice(0, 12)}`);
  return ok({ from: 'tree', version, source, isShared: libraries.names.some((name) => name.includes('.so')) });
};
