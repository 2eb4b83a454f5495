import { describe, expect, it } from 'vitest';
import type { Proof } from '../../../src/model/proof.ts';
import { formatProof, formatProofMarkdown } from '../../../src/report/proof.ts';

const good: Proof = {
  version: 1,
  kind: 'proof',
  claims: [
    {
      id: 'openssl-version',
      title: 'ssl runs on the AWS-LC that was asked',
      how: 'ssl.OPENSSL_VERSION',
      expected: 'AWS-LC 5.12.0',
      found: 'AWS-LC 5.12.0',
      holds: true,
    },
  ],
  facts: [{ id: 'ca-roots', title: 'CA roots on this machine', found: { roots: 144, next: 'a | b' } }],
  notChecked: ['Known answers are samples.'],
};
const bad: Proof = {
  ...good,
  claims: [
    ...good.claims,
    {
      id: 'hash-providers',
      title: 'Every hash name is served by <the code> that was asked',
      how: 'hashlib.new(name)',
      expected: { sha256: '_hashlib', md5: '_hashlib' },
      found: { sha256: '_sha2', md5: '_hashlib' },
      // A proof that lies about itself: the report judges by the values.
      holds: true,
    },
  ],
};
const plain = { color: false, unicode: false, detailed: false };

describe('formatProof', () => {
  it('is one line per claim that holds', () => {
    expect(formatProof(good, plain)).toBe(
      [
        '1 of 1 claims hold',
        ' ok    ssl runs on the AWS-LC that was asked',
        '',
        'Not checked',
        ' -  Known answers are samples.',
        '',
      ].join('\n'),
    );
  });

  it('shows how, expected and found where a claim fails, whatever the proof says of it', () => {
    expect(formatProof(bad, { ...plain, unicode: true })).toBe(
      [
        '1 of 2 claims hold',
        ' ✓  ssl runs on the AWS-LC that was asked',
        ' ✗  Every hash name is served by <the code> that was asked',
        '    how       hashlib.new(name)',
        '    expected  sha256: _hashlib',
        '    found     sha256: _sha2',
        '    id        hash-providers',
        '',
        'Not checked',
        ' -  Known answers are samples.',
        '',
      ].join('\n'),
    );
  });

  it('shows in detail how each claim was checked, and the facts', () => {
    const text = formatProof(good, { ...plain, detailed: true });
    expect(text).toContain('how       ssl.OPENSSL_VERSION\n');
    expect(text).toContain('\nFacts\n -  CA roots on this machine\n    roots: 144, next: a | b\n');
  });

  it('breaks long texts at spaces and colours only when asked', () => {
    const long: Proof = { ...good, notChecked: [Array.from({ length: 60 }, () => 'word').join(' ')] };
    expect(
      Math.max(
        ...formatProof(long, plain)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(110);
    expect(formatProof(bad, plain)).not.toContain('\u001b');
    expect(formatProof(bad, { ...plain, color: true })).toContain('\u001b[31mFAIL\u001b[0m');
  });
});

describe('formatProofMarkdown', () => {
  it('is two tables and a list, with what Markdown would misread escaped', () => {
    expect(formatProofMarkdown(bad)).toBe(
      [
        '### Proof: 1 of 2 claims hold',
        '',
        '| Claim | How | Result |',
        '| --- | --- | --- |',
        '| ssl runs on the AWS-LC that was asked | ssl.OPENSSL_VERSION | holds |',
        '| Every hash name is served by &lt;the code> that was asked | hashlib.new(name) | **fails**: expected sha256: _hashlib; found sha256: _sha2 |',
        '',
        '| Fact | Found |',
        '| --- | --- |',
        '| CA roots on this machine | roots: 144, next: a \\| b |',
        '',
        'Not checked:',
        '',
        '- Known answers are samples.',
        '',
      ].join('\n'),
    );
  });
});
