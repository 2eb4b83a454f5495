import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fail, ok, type Result } from '../model/result.ts';
import { errorMessage } from './failure.ts';

/** Signs what is written to a cache. */
export interface SigningKey {
  /** sha256 of the public key. */
  readonly id: string;
  /** Signature of a text's UTF-8 bytes, in base64. */
  readonly sign: (text: string) => string;
}

/** Whose signature is taken. */
export interface TrustedKey {
  /** sha256 of the public key (SPKI, DER). */
  readonly id: string;
  readonly verify: (text: string, signature: string) => boolean;
}

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

const trust = (key: KeyObject): TrustedKey => ({
  id: idOf(key),
  verify: (text, signature) => verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64')),
});

const readPem = async (path: string): Promise<Result<string, string>> => {
  try {
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    return fail(errorMessage(error));
  }
};

/** Parses a key; what OpenSSL says of a wrong one may quote it, so that only the kind of fault is told. */
const parseKey = (parse: () => KeyObject, wanted: string): Result<KeyObject, string> => {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    return fail(`it has no ${wanted} that can be read`);
  }
  return key.asymmetricKeyType === 'ed25519'
    ? ok(key)
    : fail(`it has a key of kind ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`);
};

/** Reads a private Ed25519 key (PEM, PKCS #8, not encrypted). The error says why it cannot be used, and nothing of the key. */
export const readSigningKey = async (
  path: string,
): Promise<Result<SigningKey & { readonly own: TrustedKey }, string>> => {
  const pem = await readPem(path);
  if (!pem.ok) return pem;
  const key = parseKey(() => createPrivateKey(pem.value), 'private key without a passphrase');
  if (!key.ok) return key;
  const own = trust(createPublicKey(key.value));
  return ok({
    id: own.id,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key.value).toString('base64'),
    own,
  });
};

/** Reads the public Ed25519 keys of a file (PEM, one or several). The error says why they cannot be used. */
export const readTrustedKeys = async (path: string): Promise<Result<readonly TrustedKey[], string>> => {
  const pem = await readPem(path);
  if (!pem.ok) return pem;
  const blocks = pem.value.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) return fail('it has no public key (-----BEGIN PUBLIC KEY-----)');
  const keys: TrustedKey[] = [];
  for (const block of blocks) {
    const key = parseKey(() => createPublicKey(block), 'public key');
    if (!key.ok) return key;
    keys.push(trust(key.value));
  }
  return ok(keys);
};
