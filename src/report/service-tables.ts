import { compareCodeUnits, type Json } from '../model/json.ts';
import type { Proof } from '../model/proof.ts';

/** Calls or parameters of one kind that got one answer. */
export interface ServiceRow {
  /** What was asked for: `digest`, `hmac.new`, a handshake. */
  readonly service: string;
  readonly answer: string;
  readonly of: readonly string[];
}

/** A part of a FIPS proof that is read as a table. */
export interface ServiceTable {
  readonly title: string;
  readonly rows: readonly ServiceRow[];
}

/** Claims of the service indicator, with what their entries are when these do not say it themselves. */
const indicatorClaims: Readonly<Record<string, string>> = {
  'indicator-digests': 'digest',
  'indicator-hmacs': 'HMAC',
  'indicator-pbkdf2': 'PBKDF2',
  'indicator-others': 'other calls',
};

const entriesOf = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? // Array.isArray does not take a readonly array away from the type.
      Object.entries(value as Readonly<Record<string, Json>>)
    : [];

/** Entries of one claim by service, in the order in which they come, and by answer, `approved` first. */
const foldEntries = (entries: readonly (readonly [string, Json])[], kind: string): readonly ServiceRow[] => {
  const services = new Map<string, Map<string, string[]>>();
  for (const [key, value] of entries) {
    if (typeof value !== 'string') continue;
    // `sha256, hmac.new` is a hash and what is asked of it.
    const [, hash, rest] = /^([\w-]+), (.+)$/.exec(key) ?? [];
    const service = rest === undefined ? kind : rest.startsWith('password') ? `${kind}, ${rest}` : rest;
    const answers = services.get(service) ?? new Map<string, string[]>();
    answers.set(value, [...(answers.get(value) ?? []), hash ?? key]);
    services.set(service, answers);
  }
  return [...services].flatMap(([service, answers]) =>
    [...answers].sort(([a], [b]) => compareCodeUnits(a, b)).map(([answer, of]) => ({ service, answer, of })),
  );
};

/** Parameters of one handshake: `group, X25519` is read as the group X25519. */
const foldHandshake = (name: string, found: Json): readonly ServiceRow[] =>
  typeof found === 'string'
    ? [{ service: name, answer: found, of: [] }]
    : foldEntries(
        entriesOf(found).map(([key, answer]) => [key.replace(', ', ' '), answer] as const),
        name,
      );

/**
 * What a FIPS module's indicator said of single calls, and what the policy's table says of TLS parameters. Empty for a
 * build that is no FIPS module.
 */
export const findServiceTables = (proof: Proof): readonly ServiceTable[] => {
  const calls = proof.claims.flatMap(({ id, found }) => {
    const kind = indicatorClaims[id];
    const entries = entriesOf(found);
    return kind === undefined || (entries.length === 1 && entries[0]?.[0] === 'error')
      ? []
      : foldEntries(entries, kind);
  });
  const labels = entriesOf(proof.facts.find(({ id }) => id === 'tls-policy')?.found);
  const policy = labels.find(([key]) => key === 'policy')?.[1];
  const handshakes = entriesOf(labels.find(([key]) => key === 'handshakes')?.[1]);
  return [
    ...(calls.length === 0
      ? []
      : [
          { title: 'Service indicator: single calls, and whether the module counted an approved service', rows: calls },
        ]),
    ...(typeof policy !== 'string' || handshakes.length === 0
      ? []
      : [
          {
            title: `TLS parameters of test handshakes, derived from the policy table (${policy})`,
            rows: handshakes.flatMap(([name, found]) => foldHandshake(name, found)),
          },
        ]),
  ];
};
