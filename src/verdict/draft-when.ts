import type { Capabilities } from '../model/catalogue.ts';
import type { When } from '../model/manifest.ts';
import { compareVersions } from '../model/version.ts';
import { findCapability, type Facts } from './conditions.ts';

/** Hashes of CPython's own modules, as skips name them. */
const moduleHashes: Readonly<Record<string, readonly string[]>> = {
  _md5: ['md5'],
  _sha1: ['sha1'],
  _sha2: ['sha224', 'sha256', 'sha384', 'sha512'],
  _sha256: ['sha224', 'sha256'],
  _sha512: ['sha384', 'sha512'],
  _sha3: ['sha3_224', 'sha3_256', 'sha3_384', 'sha3_512', 'shake_128', 'shake_256'],
};

/** Capabilities that a text or a case's name speaks of. */
const namedCapabilities = (id: string, text: string): readonly string[] => {
  const module = /\b(_md5|_sha1|_sha2|_sha256|_sha512|_sha3)\b/.exec(text)?.[1];
  if (module !== undefined) return (moduleHashes[module] ?? []).map((hash) => `hash:${hash}`);
  const hash = /(?:unsupported hash(?: type)?|hash digest) '?(\w+)'?/.exec(text)?.[1];
  if (hash !== undefined) return [`hash:${hash}`];
  if (/psk\w*tls1_3|psk.*tls ?1\.3/i.test(`${id} ${text}`)) return ['pskTls13'];
  if (/\bPHA\b|_pha\b|post.?handshake/i.test(`${id} ${text}`)) return ['pha'];
  return [];
};

const allCapabilities = ({ hashes, hmacHashes, groups, functions, macros }: Capabilities): readonly string[] => [
  'pha',
  'pskTls13',
  'pskWithoutCertificate',
  ...hashes.map((name) => `hash:${name}`),
  ...hmacHashes.map((name) => `hmac:${name}`),
  ...groups.map((name) => `group:${name}`),
  ...Object.keys(functions).map((name) => `function:${name}`),
  ...Object.keys(macros).map((name) => `macro:${name}`),
];

/** The capabilities that all of the first have alike, and none of the others. */
const distinguishing = (seen: readonly Facts[], passed: readonly Facts[]): readonly (readonly [string, boolean])[] => {
  const names = new Set([...seen, ...passed].flatMap(({ capabilities }) => allCapabilities(capabilities)));
  return [...names].flatMap((name) => {
    const values = new Set(seen.map(({ capabilities }) => findCapability(capabilities, name)));
    const [value] = values;
    if (values.size !== 1 || value === undefined) return [];
    const differs = passed.every(({ capabilities }) => findCapability(capabilities, name) === !value);
    return differs ? [[name, value] as const] : [];
  });
};

/** A range that holds for all of the first and for none of the others; undefined when versions do not tell them apart. */
const separate = (seen: readonly string[], passed: readonly string[]): string | undefined => {
  const sortedSeen = [...seen].sort(compareVersions);
  const sortedPassed = [...passed].sort(compareVersions);
  const [firstSeen = '', firstPassed = ''] = [sortedSeen[0], sortedPassed[0]];
  const [lastSeen = '', lastPassed = ''] = [sortedSeen.at(-1), sortedPassed.at(-1)];
  if (compareVersions(lastSeen, firstPassed) < 0) return `<${firstPassed}`;
  if (compareVersions(firstSeen, lastPassed) > 0) return `>=${firstSeen}`;
  return undefined;
};

/** What tells the cells that showed something from those that ran the same case and did not. */
const tellApart = (seen: readonly Facts[], passed: readonly Facts[]): When => {
  const capabilities = distinguishing(seen, passed);
  const [only] = capabilities;
  if (only !== undefined && capabilities.length === 1) return { capability: { [only[0]]: only[1] } };
  if (seen.every(({ cell }) => cell.awslc.fips) && passed.every(({ cell }) => !cell.awslc.fips)) return { fips: true };
  const python = separate(
    seen.map(({ cell }) => cell.python.version),
    passed.map(({ cell }) => cell.python.version),
  );
  if (python !== undefined) return { python };
  const lines = new Set([...seen, ...passed].map(({ cell }) => cell.awslc.fips));
  const awslc =
    lines.size === 1
      ? separate(
          seen.map(({ cell }) => cell.awslc.version),
          passed.map(({ cell }) => cell.awslc.version),
        )
      : undefined;
  return awslc === undefined ? {} : { awslc };
};

/**
 * Proposes conditions for what some cells showed (`seen`) while others ran the same case without it (`passed`): the
 * capability that the text speaks of, what tells these cells from the others, a debug build, an emulated machine.
 * Undefined when nothing suggests a condition: a person may know one.
 */
export const proposeWhen = (
  id: string,
  text: string,
  seen: readonly Facts[],
  passed: readonly Facts[],
): When | undefined => {
  const capability: Record<string, boolean> = {};
  for (const name of namedCapabilities(id, text)) {
    const values = new Set(seen.map(({ capabilities }) => findCapability(capabilities, name)));
    const [value] = values;
    if (values.size === 1 && value !== undefined) capability[name] = value;
  }
  const named = Object.keys(capability).length > 0;
  const explains =
    named &&
    passed.every(({ capabilities }) =>
      Object.entries(capability).some(([name, value]) => findCapability(capabilities, name) !== value),
    );
  const apart = explains || passed.length === 0 || seen.length === 0 ? {} : tellApart(seen, passed);
  const when: When = {
    ...apart,
    ...(named ? { capability: { ...capability, ...apart.capability } } : {}),
    ...(seen.every(({ cell }) => cell.optimization === 'debug') ? { optimization: ['debug'] } : {}),
    ...(seen.every(({ environment }) => environment.emulated) ? { emulated: true } : {}),
  };
  return Object.keys(when).length === 0 ? undefined : when;
};
