import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/model/json.ts';
import { parseJson } from '../../../src/model/json.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { expectationsSchema } from '../../../src/model/proof.ts';
import type { AwslcChoice } from '../../../src/model/source.ts';
import { coverageCaseCount } from '../../../src/plan/indicator-expectations.ts';
import { defaultCatalogue, defaultServices, planWith } from '../../rig/plan-inputs.ts';

const python = join(import.meta.dirname, '../../../src/python');

/** What the prove step of a cell expects, as it is handed to prove.py. */
const expectationsOf = (
  awslc: string,
  series = '3.14.6',
  link: 'static' | 'shared' = 'static',
): Record<string, Json> => {
  return expectationsIn(planWith({ axes: { awslc: [awslc], python: [series], link: [link] } }));
};

const expectationsIn = (plan: Plan): Record<string, Json> => {
  for (const action of plan.steps.find(({ kind }) => kind === 'prove')?.actions ?? []) {
    if (action.do !== 'write' || !action.path.endsWith('expectations.json')) continue;
    const parsed = parseJson(expectationsSchema, action.text);
    if (parsed.ok) return parsed.value;
  }
  throw new Error('the plan has no expectations');
};

describe('what a FIPS cell expects of the service indicator', () => {
  it('is nothing for a build without one', () => {
    const ids = Object.keys(expectationsOf('5.12.0'));
    expect(ids.filter((id) => /indicator|fips-coverage|tlsPolicy/.test(id))).toEqual([]);
  });

  it('follows the line: SHA-3 counts from 2024 on, HMAC of it from 2025 on', () => {
    expect(expectationsOf('fips-2.0.15', '3.9.2')['indicator-digests']).toMatchObject({
      md5: 'not approved',
      sha1: 'approved',
      sha3_256: 'not approved',
      sha512: 'approved',
      blake2b: 'not approved',
    });
    const [v3, v4] = [expectationsOf('fips-3.1.0'), expectationsOf('fips-4.2.0')];
    for (const each of [v3, v4]) {
      expect(each['indicator-digests']).toMatchObject({
        sha3_256: 'approved',
        shake_128: 'approved',
        md4: 'not approved',
      });
      expect(each['indicator-hmacs']).toMatchObject({
        'md5, hmac.new': 'not approved',
        'sha1, hmac.digest': 'approved',
      });
    }
    expect(v3['indicator-hmacs']).not.toHaveProperty(['sha3_256, hmac.new']);
    expect(v4['indicator-hmacs']).toMatchObject({ 'sha3_256, hmac.new': 'approved' });
  });

  it('is not claimed of a line without a table, which the plan says; what FIPS mode lets through is', () => {
    const plain = defaultCatalogue.awslc.entries.find(({ version }) => version === '5.12.0');
    if (plain === undefined) throw new Error('the catalogue has it');
    const tree = { kind: 'tree', description: 'a directory', treeDigest: 'a'.repeat(64) } as const;
    const main: AwslcChoice = {
      version: plain.version,
      line: 'main',
      fips: true,
      capabilities: plain.capabilities,
      source: tree,
    };
    const plan = planWith({
      axes: { awslc: ['path:/mine'] },
      loose: { python: new Map(), awslc: new Map([['path:/mine', main]]) },
    });
    expect(plan.notes.join()).toContain('no table says which services AWS-LC');
    const ids = Object.keys(expectationsIn(plan));
    expect(ids.filter((id) => /^indicator/.test(id))).toEqual([]);
    // What the probes ask with is there all the same.
    expect(ids).toEqual(expect.arrayContaining(['fips-coverage', '$indicator', '$tlsPolicy']));
  });

  it('asks PBKDF2 at its limits, below each, and above', () => {
    expect(expectationsOf('fips-4.2.0')['indicator-pbkdf2']).toMatchObject({
      'sha256, password 14 bytes, salt 16 bytes, 1000 iterations': 'approved',
      'sha256, password 13 bytes, salt 16 bytes, 1000 iterations': 'not approved',
      'sha256, password 14 bytes, salt 15 bytes, 1000 iterations': 'not approved',
      'sha256, password 14 bytes, salt 16 bytes, 999 iterations': 'not approved',
      'sha256, password 15 bytes, salt 17 bytes, 1001 iterations': 'approved',
      'sha3_256, password 14 bytes, salt 16 bytes, 1000 iterations': 'not approved',
      'sha512_256, password 14 bytes, salt 16 bytes, 1000 iterations': 'approved',
    });
    expect(expectationsOf('fips-2.0.15', '3.9.2')['indicator-pbkdf2']).toMatchObject({
      'sha512-256, password 14 bytes, salt 16 bytes, 1000 iterations': 'not approved',
    });
  });

  it('sees the two digests of an HMAC that 3.9 computes itself', () => {
    expect(expectationsOf('fips-2.0.15', '3.9.2')['indicator-hmacs']).toMatchObject({
      'sha256, hmac.new': '2 approved services',
      'md5, hmac.new': 'not approved',
    });
  });

  it('knows how many cases test_fips_coverage.py has', () => {
    const text = readFileSync(join(python, 'test_fips_coverage.py'), 'utf8');
    expect(text.match(/^ {4}def test_/gm)).toHaveLength(coverageCaseCount);
    expect(expectationsOf('fips-4.2.0')['fips-coverage']).toEqual({
      run: coverageCaseCount,
      passed: coverageCaseCount,
    });
  });

  it('labels TLS by the policy of the line and link mode, and says when it is another line’s', () => {
    const name = (expectations: Record<string, Json>): unknown => expectations['$tlsPolicy'];
    expect(name(expectationsOf('fips-3.1.0'))).toMatchObject({
      name: 'security policy of certificate #5314, AWS-LC FIPS 3.1 (static)',
    });
    expect(name(expectationsOf('fips-3.1.0', '3.14.6', 'shared'))).toMatchObject({
      name: 'security policy of certificate #5298, AWS-LC FIPS 3.1 (dynamic)',
    });
    expect(name(expectationsOf('fips-4.2.0'))).toMatchObject({
      name: 'security policy of certificate #5314, AWS-LC FIPS 3.1 (static): no policy of fips-2025 is public, this is the nearest before it',
    });
    expect(name(expectationsOf('fips-2.0.15', '3.9.2'))).toMatchObject({
      name: 'security policy of certificate #4816, AWS-LC FIPS 2.0 (static)',
    });
  });

  it('calls nothing approved that no policy names: ChaCha20, X25519 and hybrid groups', () => {
    for (const { ciphers, groups, keyDerivation, signatures } of defaultServices.tlsPolicies) {
      expect(Object.keys(ciphers)).toEqual(['AES-128-GCM', 'AES-256-GCM']);
      expect(Object.keys(groups)).toEqual(['P-224', 'P-256', 'P-384', 'P-521']);
      expect(keyDerivation['TLSv1.2 without extended master secret']).toBe('not approved');
      expect(signatures['ecdsa_sha1']).toBe('not approved');
    }
  });
});
