import { describe, expect, it } from 'vitest';
import type { CellDiff, Difference } from '../../../src/model/diff.ts';
import { formatDiffMarkdown } from '../../../src/report/diff-markdown.ts';
import { formatDiff } from '../../../src/report/diff.ts';
import { plainFacts } from '../../rig/suite-runs.ts';

const command = 'npx cpython-awslc diff';
const skip = (index: number): Difference => ({
  id: `test.test_ssl.PHA.test_${index}`,
  file: 'test_ssl',
  kind: 'skipped-on-awslc',
  awslc: { outcome: 'skipped', text: 'Test needs TLS 1.3 PHA' },
  openssl: { outcome: 'passed' },
  reason: 'AWS-LC has no PHA.',
});
const failed: Difference = {
  id: 'test.test_ssl.T.test_psk',
  file: 'test_ssl',
  kind: 'fails-on-awslc',
  awslc: { outcome: 'failed', text: 'SSLError: NO_PRIVATE_VALUE | \u001b[31mred', details: 'Traceback' },
  openssl: { outcome: 'passed' },
};
const absent: Difference = {
  id: 'test.test_hashlib.T.test_new',
  file: 'test_hashlib',
  kind: 'only-on-openssl',
  awslc: { outcome: 'absent' },
  openssl: { outcome: 'passed' },
};
const make = (differences: readonly Difference[], unsteady: readonly Difference[] = []): CellDiff => ({
  id: 'cell',
  cell: plainFacts.cell,
  openssl: 'OpenSSL 3.0.19 27 Jan 2026',
  selection: { preset: 'quick', files: ['test_ssl'], match: [] },
  manifest: '3.14',
  awslcRanAt: '2026-11-24T10:00:00.000Z',
  opensslRanAt: '2026-11-24T10:01:00.000Z',
  cases: 4000,
  same: { cases: 3990, failed: 1, skipped: 61 },
  differences: [...differences],
  unsteady: [...unsteady],
});
const all = make([absent, failed, ...[1, 2, 3, 4, 5, 6].map(skip)], [{ ...failed, id: 'test.test_ssl.T.test_waver' }]);

describe('formatDiff', () => {
  const text = formatDiff(all, { color: false, command });

  it('says what was compared and how much is the same, then each difference by file and kind', () => {
    expect(text).toMatchInlineSnapshot(`
      "CPython 3.14.6, AWS-LC 5.12.0, x86_64 gnu, generic, static, quick
        compared with the same core on OpenSSL 3.0.19 27 Jan 2026
        suites of 2026-11-24T10:00:00.000Z on AWS-LC, of 2026-11-24T10:01:00.000Z on OpenSSL
      8 differences in 2 files; 3,990 cases are the same on both (61 skipped, 1 failed)
        the manifest of 3.14 has a reason for 6 of them

      test_hashlib
        exists on OpenSSL only (1)
          test.test_hashlib.T.test_new
            AWS-LC   absent
            OpenSSL  passed

      test_ssl
        fails on AWS-LC only (1)
          test.test_ssl.T.test_psk
            AWS-LC   failed: SSLError: NO_PRIVATE_VALUE | red
            OpenSSL  passed
        skipped on AWS-LC only (6)
          6 cases: test.test_ssl.PHA.test_1, test.test_ssl.PHA.test_2, test.test_ssl.PHA.test_3, and 3 more
            AWS-LC   skipped: Test needs TLS 1.3 PHA
            OpenSSL  passed
            manifest AWS-LC has no PHA.

      Unsteady, not counted: came out otherwise when run again alone (1)
          test.test_ssl.T.test_waver
            AWS-LC   failed: SSLError: NO_PRIVATE_VALUE | red
            OpenSSL  passed

      one file again: npx cpython-awslc diff --tests test_hashlib
      "
    `);
  });

  it('says that nothing differs', () => {
    expect(formatDiff(make([]), { color: false, command })).toContain('No difference in 4,000 cases; 3,990 cases are');
    expect(formatDiff({ ...make([failed]), manifest: null }, { color: false, command })).toContain(
      'there is no manifest',
    );
  });
});

describe('formatDiffMarkdown', () => {
  it('draws a table for each file, with nothing in it that could break it', () => {
    expect(formatDiffMarkdown(all, { command })).toMatchInlineSnapshot(`
      "## 8 differences in 2 files

      CPython 3.14.6, AWS-LC 5.12.0, x86\\_64 gnu, generic, static, quick, compared with the same core on OpenSSL 3.0.19 27 Jan 2026. 3,990 cases are the same on both (61 skipped, 1 failed).

      ### test\\_hashlib

      | difference | case | AWS-LC | OpenSSL | manifest |
      |---|---|---|---|---|
      | exists on OpenSSL only | test.test\\_hashlib.T.test\\_new | absent | passed |  |

      again: \`npx cpython-awslc diff --tests test_hashlib\`

      ### test\\_ssl

      | difference | case | AWS-LC | OpenSSL | manifest |
      |---|---|---|---|---|
      | fails on AWS-LC only | test.test\\_ssl.T.test\\_psk | failed: SSLError: NO\\_PRIVATE\\_VALUE \\| red | passed |  |
      | skipped on AWS-LC only | 6 cases: test.test\\_ssl.PHA.test\\_1, test.test\\_ssl.PHA.test\\_2, test.test\\_ssl.PHA.test\\_3, and 3 more | skipped: Test needs TLS 1.3 PHA | passed | AWS-LC has no PHA. |

      again: \`npx cpython-awslc diff --tests test_ssl\`

      ### Unsteady, not counted: came out otherwise when run again alone

      - test.test\\_ssl.T.test\\_waver
      "
    `);
  });

  it('counts what a page cannot hold', () => {
    const many = make(Array.from({ length: 400 }, (_, index) => ({ ...skip(index), reason: `reason ${index}` })));
    const page = formatDiffMarkdown(many, { command });
    expect(page.split('\n').filter((line) => line.startsWith('| skipped'))).toHaveLength(300);
    expect(page).toContain('100 more differences are in the JSON report.');
  });
});
