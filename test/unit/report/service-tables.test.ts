import { describe, expect, it } from 'vitest';
import type { Proof } from '../../../src/model/proof.ts';
import { formatProof, formatServicesMarkdown } from '../../../src/report/proof.ts';
import { findServiceTables } from '../../../src/report/service-tables.ts';

const claim = (id: string, found: Proof['claims'][number]['found']): Proof['claims'][number] => ({
  id,
  title: id,
  how: 'asked',
  expected: found,
  found,
  holds: true,
});
const fips: Proof = {
  version: 1,
  kind: 'proof',
  claims: [
    claim('openssl-version', 'AWS-LC FIPS 4.2.0'),
    claim('indicator-digests', { md5: 'not approved', sha1: 'approved', sha256: 'approved' }),
    claim('indicator-hmacs', {
      'md5, hmac.digest': 'not approved',
      'md5, hmac.new': 'not approved',
      'sha1, hmac.digest': 'approved',
      'sha1, hmac.new': '2 approved services',
    }),
    claim('indicator-pbkdf2', {
      'sha256, password 14 bytes, salt 16 bytes, 1000 iterations': 'approved',
      'sha256, password 14 bytes, salt 16 bytes, 999 iterations': 'not approved',
    }),
    claim('indicator-others', {
      'ssl.RAND_bytes': 'approved',
      "hashlib.new('md5', usedforsecurity=True)": 'not approved',
    }),
  ],
  facts: [
    {
      id: 'tls-policy',
      title: 'TLS parameters',
      found: {
        policy: 'policy of <somebody>',
        handshakes: {
          'default contexts': { 'key derivation, TLSv1.3': 'approved', 'group, X25519': 'not in the table' },
          'TLS 1.2': 'refused: NO_SHARED_CIPHER',
        },
      },
    },
  ],
  notChecked: [],
};

describe('the services of a FIPS proof', () => {
  it('are folded by what was asked and what was answered', () => {
    expect(findServiceTables(fips).map(({ rows }) => rows)).toEqual([
      [
        { service: 'digest', answer: 'approved', of: ['sha1', 'sha256'] },
        { service: 'digest', answer: 'not approved', of: ['md5'] },
        { service: 'hmac.digest', answer: 'approved', of: ['sha1'] },
        { service: 'hmac.digest', answer: 'not approved', of: ['md5'] },
        { service: 'hmac.new', answer: '2 approved services', of: ['sha1'] },
        { service: 'hmac.new', answer: 'not approved', of: ['md5'] },
        { service: 'PBKDF2, password 14 bytes, salt 16 bytes, 1000 iterations', answer: 'approved', of: ['sha256'] },
        { service: 'PBKDF2, password 14 bytes, salt 16 bytes, 999 iterations', answer: 'not approved', of: ['sha256'] },
        { service: 'other calls', answer: 'approved', of: ['ssl.RAND_bytes'] },
        { service: 'other calls', answer: 'not approved', of: ["hashlib.new('md5', usedforsecurity=True)"] },
      ],
      [
        { service: 'default contexts', answer: 'approved', of: ['key derivation TLSv1.3'] },
        { service: 'default contexts', answer: 'not in the table', of: ['group X25519'] },
        { service: 'TLS 1.2', answer: 'refused: NO_SHARED_CIPHER', of: [] },
      ],
    ]);
  });

  it('are shown as found, also where the claim fails', () => {
    const claims = fips.claims.map((each) =>
      each.id === 'indicator-digests' ? { ...each, found: { md5: 'approved' }, holds: true } : each,
    );
    expect(findServiceTables({ ...fips, claims })[0]?.rows[0]).toEqual({
      service: 'digest',
      answer: 'approved',
      of: ['md5'],
    });
    const broken = fips.claims.map((each) => ({ ...each, found: { error: 'the probe ended by SIGSEGV' } }));
    expect(findServiceTables({ ...fips, claims: broken, facts: [] })).toEqual([]);
  });

  it('stand in the text between claims and what was not checked', () => {
    expect(formatProof(fips, { color: false, unicode: false, detailed: false })).toContain(
      [
        'Service indicator: single calls, and whether the module counted an approved service',
        '    digest',
        '      approved             sha1, sha256',
        '      not approved         md5',
        '    hmac.digest',
      ].join('\n'),
    );
  });

  it('are tables in Markdown, and nothing for a build that is no FIPS module', () => {
    const page = formatServicesMarkdown(fips);
    expect(page).toContain('| hmac.new | 2 approved services | sha1 |\n');
    expect(page).toContain('derived from the policy table (policy of &lt;somebody>):\n\n| Service | Answer | Of |\n');
    expect(page).toContain('| TLS 1.2 | refused: NO_SHARED_CIPHER |  |\n');
    expect(formatServicesMarkdown({ ...fips, claims: fips.claims.slice(0, 1), facts: [] })).toBe('');
  });
});
