import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import type { Json } from '../../../src/model/json.ts';
import { buildFipsExpectations } from '../../../src/plan/fips-expectations.ts';

const textOf = (name: string): string => readFileSync(join(import.meta.dirname, '../../../src/python', name), 'utf8');

const expectationsOf = (
  line: Cell['awslc']['line'],
  hashProviders: Readonly<Record<string, string>> = { sha256: '_hashlib', blake2b: '_blake2' },
  python: Cell['python'] = { version: '3.14.6', series: '3.14' },
): Record<string, Json> =>
  buildFipsExpectations({
    cell: {
      python,
      awslc: { version: 'fips-4.2.0', line, fips: true },
      platform: { arch: 'x86_64', libc: 'gnu' },
      target: 'generic',
      link: 'static',
      optimization: 'quick',
      cipherString: 'ECDH+AESGCM',
    },
    version: 'AWS-LC FIPS 4.2.0',
    moduleFile: '{prefix}/lib/object',
    hashProviders,
    hmacHashes: ['sha256'],
  });

describe('buildFipsExpectations', () => {
  it('claims what prove_fips.py finds, and asks for it', () => {
    const known = [...textOf('prove_fips.py').matchAll(/Finding\(\s*"([a-z0-9-]+)"/g)].map((match) => match[1]);
    const { $fips, ...claims } = expectationsOf('fips-2025');
    expect($fips).toBe(true);
    expect(known).toEqual(expect.arrayContaining(Object.keys(claims)));
    // What is left is told, not judged.
    expect(known.filter((id) => !Object.hasOwn(claims, id ?? ''))).toEqual(['fips-crypt']);
  });

  it('knows how many processes prove_fork.py starts, and what prove_tamper.py changes', () => {
    const numberOf = (name: string): number =>
      Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(textOf('prove_fork.py'))?.[1]);
    const ofParent = numberOf('CHILDREN') + numberOf('THREAD_CHILDREN');
    const processes = 1 + ofParent + numberOf('GENERATIONS');
    // Two of each process, and two of the parent around each of its children that test themselves.
    const draws = 2 * processes + 2 * ofParent;
    expect(expectationsOf('fips-2025')['fips-fork']).toMatchObject({ processes, draws });
    const places = [...textOf('prove_tamper.py').matchAll(/^ {4}\("([^"]+)", "\w+"\),$/gm)].map((match) => match[1]);
    expect(Object.keys(expectationsOf('fips-2025')['fips-tampering'] ?? {}).sort()).toEqual(
      ['nothing', ...places].sort(),
    );
  });

  it('expects CPU jitter of FIPS 4, and of the lines before it the passive source that their builds choose', () => {
    const saysOf = (line: Cell['awslc']['line']): unknown => expectationsOf(line)['fips-entropy'];
    expect(saysOf('fips-2025')).toMatchObject({ 'CPU jitter, says the module': true });
    for (const line of ['fips-2022', 'fips-2024'] as const) {
      expect(saysOf(line)).toMatchObject({
        'CPU jitter, says the module': null,
        code: expect.stringMatching(/^passive/) as unknown,
      });
    }
  });

  it.each([
    ['3.9', '3.9.2', 'hmac.py, in Python, over _hashlib', 'hmac.py, in Python, over _hashlib', 'over _blake2'],
    ['3.11', '3.11.2', undefined, 'refused', 'refused'],
    ['3.11', '3.11.4', undefined, 'refused', 'over _blake2'],
    ['3.14', '3.14.6', undefined, 'refused', 'over _blake2'],
  ])('knows whose HMACs hmac.new of %s (%s) makes', (series, version, sha256, sha3, blake2b) => {
    const providers = { sha256: '_hashlib', sha3_256: '_hashlib', shake_128: '_hashlib', blake2b: '_blake2' };
    const found = expectationsOf('fips-2024', providers, { version, series })['fips-outside-hmacs'];
    expect(found).toEqual({
      ...(sha256 === undefined ? {} : { sha256: expect.stringContaining(sha256) as unknown }),
      sha3_256: expect.stringContaining(sha3) as unknown,
      shake_128: 'refused',
      shake_256: 'refused',
      blake2b: expect.stringContaining(blake2b) as unknown,
      "a function of one's own that gives sha256": 'outside the module: hmac.py, in Python, over _hashlib',
    });
  });

  it('marks every hash that the module does not serve as outside of it', () => {
    const old = { sha256: '_hashlib', shake_128: '_sha3', blake2b: '_blake2' };
    expect(expectationsOf('fips-2022', old)['fips-outside-hashes']).toEqual({
      shake_128: 'outside the module: _sha3',
      blake2b: 'outside the module: _blake2',
    });
  });
});
