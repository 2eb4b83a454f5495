import * as z from 'zod';
import { canonicalJson, type Json } from './json.ts';

/** One thing that the built Python must be, how it was checked, what was expected and what was found. */
export const claimSchema = z.strictObject({
  id: z.string(),
  /** A sentence that a person can read. */
  title: z.string(),
  how: z.string(),
  expected: z.json(),
  found: z.json(),
  holds: z.boolean(),
});
export type Claim = z.infer<typeof claimSchema>;

/** Facts that the proof reports without judging. */
export const factSchema = z.strictObject({ id: z.string(), title: z.string(), found: z.json() });
export type Fact = z.infer<typeof factSchema>;

export const proofSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('proof'),
  claims: z.array(claimSchema),
  facts: z.array(factSchema),
  /** What this proof cannot know. */
  notChecked: z.array(z.string()),
});
export type Proof = z.infer<typeof proofSchema>;

/** expectations.json: claim id to expected value; keys that begin with `$` are settings of prove.py, not claims. */
export const expectationsSchema = z.record(z.string(), z.json());
export type Expectations = Readonly<Record<string, Json>>;

/** Whether a key of the expectations is a claim's id. */
export const isClaimId = (key: string): boolean => !key.startsWith('$');

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const differs = (a: Json, b: Json): boolean => canonicalJson(a) !== canonicalJson(b);

/** The parts of two values that differ: of two objects only the members that do, of anything else the whole. */
const differingParts = (expected: Json, found: Json): readonly [Json, Json] => {
  if (!isObject(expected) || !isObject(found)) return [expected, found];
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  const pairs = keys
    .map((key) => [key, expected[key], found[key]] as const)
    .filter(([, left, right]) => left === undefined || right === undefined || differs(left, right))
    .map(([key, left, right]) =>
      left === undefined || right === undefined
        ? ([key, left, right] as const)
        : ([key, ...differingParts(left, right)] as const),
    );
  const side = (index: 1 | 2): Json =>
    Object.fromEntries(
      pairs.flatMap((pair) => {
        const value = pair[index];
        return value === undefined ? [] : [[pair[0], value] as const];
      }),
    );
  return [side(1), side(2)];
};

/** A JSON value on one line, as a person reads it: names and texts without quotes, members by commas. */
export const describeValue = (value: Json): string => {
  if (value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  if (isObject(value)) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${describeMember(member)}`);
    return members.length === 0 ? 'none' : members.join(', ');
  }
  return value.length === 0 ? 'none' : value.map(describeMember).join(', ');
};

const describeMember = (value: Json): string =>
  isObject(value)
    ? `(${describeValue(value)})`
    : Array.isArray(value)
      ? `[${describeValue(value)}]`
      : describeValue(value);

/** Expected and found of a claim, each on one line, without what is the same in both. */
export const describeDifference = (claim: {
  readonly expected: Json;
  readonly found: Json;
}): { readonly expected: string; readonly found: string } => {
  const [expected, found] = differingParts(claim.expected, claim.found);
  return { expected: describeValue(expected), found: describeValue(found) };
};

/** Whether what was found is what was expected: the same JSON value, the order of members aside. */
export const isAsExpected = (claim: { readonly expected: Json; readonly found: Json }): boolean =>
  !differs(claim.expected, claim.found);
