import { describe, expect, it } from 'vitest';
import type { PackageFacts } from '../../../src/model/packages.ts';
import { formatMarkdown } from '../../../src/report/markdown.ts';
import { describeCrypto, formatPackages } from '../../../src/report/packages.ts';
import { formatVerdicts, rerunCommand } from '../../../src/report/verdicts.ts';
import { makeReport } from '../../rig/verdict-report.ts';

const found = (more: Partial<PackageFacts['packages'][number]>): PackageFacts['packages'][number] => ({
  name: 'small',
  version: '1.0',
  crypto: 'ssl',
  usesSsl: false,
  brings: {},
  ...more,
});
const library = 'AWS-LC 5.12.0';
const facts: PackageFacts = {
  pip: '26.1',
  library,
  wheels: [],
  packages: [
    found({ usesSsl: true }),
    found({ name: 'a_larger', crypto: 'own', brings: { '_own.so': ['OpenSSL 9 | x'] } }),
  ],
};

describe('whose crypto a package runs on', () => {
  it.each<readonly [Parameters<typeof found>[0], string]>([
    [{ usesSsl: true }, 'AWS-LC 5.12.0, by ssl and hashlib'],
    [
      { usesSsl: true, brings: { a: ['X 1'], b: ['Y 2'] } },
      'AWS-LC 5.12.0, by ssl and hashlib; loads X 1 (a), Y 2 (b) too',
    ],
    [{ crypto: 'own', brings: { a: ['X 1', 'Y 2'] } }, 'its own: X 1, Y 2 (a)'],
    [{ crypto: 'own', usesSsl: true }, 'its own: no version text; imports ssl or hashlib too'],
    [{ error: 'OSError: boom' }, 'could not be imported: OSError: boom'],
  ])('%j', (more, text) => {
    expect(describeCrypto(found(more), library)).toBe(text);
  });

  it('as lines, in the text of a run, and as a table', () => {
    const lines = `  packages, installed by pip 26.1, and the crypto that they run on:
    small 1.0     AWS-LC 5.12.0, by ssl and hashlib
    a_larger 1.0  its own: OpenSSL 9 | x (_own.so)`;
    expect(formatPackages(facts, { color: false })).toBe(lines);
    expect(formatVerdicts(makeReport([], { packages: facts }), { color: false })).toContain(lines);
    expect(formatMarkdown(makeReport([], { packages: facts }))).toContain(
      '| a\\_larger | 1.0 | its own: OpenSSL 9 \\| x (\\_own.so) |',
    );
  });
});

it('a check is run again by the preset, not as a test file', () => {
  expect(rerunCommand('test', 'packages.small', 'packages.small.A.test_a (i=1)')).toBe(
    'test --preset packages --match packages.small.A.test_a',
  );
  expect(rerunCommand('test', 'packages.small')).toBe("test --preset packages --match 'packages.small.*'");
});
