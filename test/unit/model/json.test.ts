import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { canonicalJson, compareCodeUnits, jsonPath, parseJson } from '../../../src/model/json.ts';

describe('canonicalJson', () => {
  it('is the same text whatever the order of keys, and keeps the order of lists', () => {
    expect(canonicalJson({ b: [2, { d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[2,{"d":1}]}');
    expect(canonicalJson({ a: null, b: [2, { d: 1 }] })).toBe(canonicalJson({ b: [2, { d: 1 }], a: null }));
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  });
});

it('writes JSON paths that a person can follow', () => {
  expect(jsonPath([])).toBe('$');
  expect(jsonPath(['entries', 3, 'when', 'hash:sha256'])).toBe('$.entries[3].when["hash:sha256"]');
});

it('orders by code units, not by locale', () => {
  expect(['b', 'a', 'B', 'ä', 'Z'].sort(compareCodeUnits)).toEqual(['B', 'Z', 'a', 'b', 'ä']);
});

describe('parseJson', () => {
  const schema = z.strictObject({ a: z.int(), b: z.array(z.string()) });

  it('gives every problem at once', () => {
    const parsed = parseJson(schema, '{"a": "x", "b": ["y", 2], "c": 1}');
    expect(parsed.ok ? [] : parsed.error.map(({ path }) => path)).toEqual(['$.a', '$.b[1]', '$']);
  });

  it('takes a syntax error for a problem of the whole file', () => {
    const parsed = parseJson(schema, '{');
    expect(parsed.ok ? [] : parsed.error).toEqual([
      { path: '$', message: expect.stringMatching(/^not JSON: /) as string },
    ]);
    expect(parseJson(schema, '{"a": 1, "b": []}')).toEqual({ ok: true, value: { a: 1, b: [] } });
  });
});
