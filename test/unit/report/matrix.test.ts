import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/model/failure.ts';
import type { MatrixRecord } from '../../../src/model/matrix.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { formatMatrix } from '../../../src/report/matrix.ts';
import { formatMatrixJunit } from '../../../src/report/matrix-junit.ts';
import { formatMatrixMarkdown } from '../../../src/report/matrix-markdown.ts';
import { assembleMatrix } from '../../../src/verdict/matrix.ts';
import { makeRun, passes, type CellPart } from '../../rig/run-records.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';
import { parseXml } from '../../rig/xml.ts';

const missing: Failure = { code: 'tool-missing', tool: 'go', neededFor: 'build', next: 'Install it.' };
const broken: Failure = {
  code: 'command-failed',
  step: 'compile core',
  argv: ['make'],
  exit: 'exit code 2',
  log: '',
  lastLines: ['\u001b[31mboom\u001b[0m <b> & ```'],
};
const failing: readonly Verdict[] = [
  { id: 'test.test_ssl.A.test_one', file: 'test_ssl', verdict: 'FAIL', reason: 'boom', details: 'Trace <x>' },
];
const newer = { python: { version: '3.15.0', series: '3.15' } };
const parts: readonly CellPart[] = [
  { id: 'good' },
  { id: 'bad', verdicts: failing, report: { notes: ['The twin was asked.'] }, cell: { link: 'shared' } },
  {
    id: 'one',
    upTo: 'core',
    failures: [broken],
    cell: newer,
    logs: [{ step: 'compile-core-0', lines: ['$ make', 'boom'] }],
  },
  { id: 'two', upTo: 'core', failures: [broken], cell: { ...newer, optimization: 'debug' } },
  { id: 'lacks', upTo: 'nothing', failures: [missing], cell: { target: 'native' } },
  { id: 'never', upTo: 'nothing', cell: { target: 'x86-64-v3' } },
];
const make = (cells: readonly CellPart[] = parts, more: object = {}): MatrixRecord =>
  assembleMatrix({ tool: '1.2.3', runs: [makeRun({ id: 'r', cells })], isPartial: false, ...more });

describe('a matrix as text', () => {
  it('is a table by series, each failure once, notes, and a total', () => {
    expect(formatMatrix(make(), { color: false })).toMatchInlineSnapshot(`
      "  cell                                                state        proof   time    verdicts
      CPython 3.14
        3.14.6 AWS-LC 5.12.0 x86_64 generic static quick    as expected  1 of 1  10.0 s  PASS 1 XFAIL 1
        3.14.6 AWS-LC 5.12.0 x86_64 generic shared quick    UNEXPECTED   1 of 1  10.0 s  FAIL 1
        3.14.6 AWS-LC 5.12.0 x86_64 native static quick     cannot run   -       0 ms    -
        3.14.6 AWS-LC 5.12.0 x86_64 x86-64-v3 static quick  not run      -       -       -
      CPython 3.15
        3.15.0 AWS-LC 5.12.0 x86_64 generic static quick    FAILED       -       1.0 s   -
        3.15.0 AWS-LC 5.12.0 x86_64 generic static debug    FAILED       -       1.0 s   -

      FAILED  one, two
        compile core failed (exit code 2):
            make
          last lines:
            boom <b> & \`\`\`

      UNEXPECTED  bad
        Unexpected verdicts: 1 FAIL
            FAIL test.test_ssl.A.test_one: boom

      cannot run  lacks
        go is needed to build; found nothing.
          Install it.

      note: The twin was asked. (bad)

      6 cells: 1 as expected, 1 unexpected, 2 failed, 1 cannot run here, 1 not run; up to test; 1 step served several cells; run r, 1 min 0 s
      "
    `);
  });

  it('takes two lines for a cell where there is no room for one', () => {
    const text = formatMatrix(make(parts.slice(0, 1)), { color: false, columns: 60 });
    expect(text).toMatchInlineSnapshot(`
      "  state        proof   time    verdicts
      CPython 3.14
        3.14.6 AWS-LC 5.12.0 x86_64 generic static quick
          as expected  1 of 1  10.0 s  PASS 1 XFAIL 1

      1 cell: 1 as expected; up to test; run r, 1 min 0 s
      "
    `);
    expect(formatMatrix(make(parts.slice(0, 1)), { color: false, columns: 200 })).toBe(
      formatMatrix(make(parts.slice(0, 1)), { color: false }),
    );
  });

  it('has colours beside the words, and nothing of a terminal’s own', () => {
    const text = formatMatrix(make(), { color: true });
    expect(text).toContain('\u001b[31mFAILED\u001b[0m');
    expect(text).not.toContain('\u001b[31mboom');
    // eslint-disable-next-line no-control-regex -- what colours are
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(formatMatrix(make(), { color: false }));
  });

  it('says what changed since, which machine, and how it was shared out', () => {
    const [first, second] = [
      makeRun({ id: 'r', cells: parts.slice(0, 1) }),
      makeRun({ id: 's', cpu: 'Other CPU', cells: [{ id: 'z', cell: newer }] }),
    ];
    const since = make([{ id: 'good', verdicts: failing }]);
    const shard = {
      index: 1,
      of: 2,
      costsFrom: 'by estimates',
      cells: [
        { id: 'good', shard: 1, seconds: 30, core: 'c', coreSeconds: 100 },
        { id: 'other', shard: 2, seconds: 60, core: 'd', coreSeconds: 100 },
      ],
    };
    const text = formatMatrix(
      assembleMatrix({ tool: '1.2.3', runs: [first, second], isPartial: false, since, shard }),
      { color: false },
    );
    expect(text).toContain(
      'Shard 1 of 2: 1 cell on 1 core of CPython; shards are thought to take 2 min 10 s, 2 min 40 s (by estimates)',
    );
    expect(text).toMatch(/Other CPU, 2 cores {2}PASS 1 XFAIL 1/);
    expect(text).toMatch(
      /Changed since the matrix of 2026-11-24T10:00:00.000Z \(small\)\n[^]*UNEXPECTED -> as expected, 2 verdicts otherwise\n {4}test.test_ssl.A.test_one: FAIL -> passed or absent/,
    );
    expect(text).toContain('3.15.0 AWS-LC 5.12.0 x86_64 generic static quick: new');
    expect(formatMatrix(make([{ id: 'good' }], { since: make([{ id: 'good' }]) }), { color: false })).toContain(
      'Nothing changed since',
    );
  });
});

describe('a matrix as JUnit', () => {
  it('is a suite for each cell by its id, errors for what failed and skips for what did not run', () => {
    const reports = new Map([
      ['good', makeReport(passes)],
      ['bad', makeReport(oneOfEach)],
    ]);
    const document = parseXml(formatMatrixJunit(make(), reports));
    const count = ({ attributes: { name, tests, failures, errors, skipped } }: typeof document): readonly unknown[] => [
      name,
      tests,
      failures,
      errors,
      skipped,
    ];
    expect(document.children.map(count)).toEqual([
      ['good', '3', '0', '0', '1'],
      ['bad', '13', '5', '2', '4'],
      ['one', '1', '0', '1', '0'],
      ['two', '1', '0', '1', '0'],
      ['lacks', '1', '0', '0', '1'],
      ['never', '1', '0', '0', '1'],
    ]);
    expect(document.attributes).toMatchObject({ tests: '20', failures: '5', errors: '4', skipped: '7' });
    const [, , failed] = document.children;
    const [, testcase] = failed?.children ?? [];
    expect(testcase?.children[0]).toMatchObject({
      name: 'error',
      text: expect.stringContaining('compile-core-0\n$ make') as unknown,
    });
  });
});

describe('a matrix as Markdown', () => {
  it('is a total, a table, and each failure and case folded', () => {
    const page = formatMatrixMarkdown(make());
    expect(page).toMatch(/^## 6 cells: 1 as expected, 1 unexpected, 2 failed, 1 cannot run here, 1 not run\n/);
    expect(page).toContain(
      '| ❌ | 3.14.6 AWS-LC 5.12.0 x86\\_64 generic shared quick | **unexpected** | 1 of 1 | FAIL 1 |',
    );
    expect(page).toMatch(/<summary><b>FAILED<\/b> 2 cells: command-failed<\/summary>\n\n````text\none\ntwo\n/);
    expect(page).toContain('<summary><b>FAIL</b> test.test_ssl.A.test_one</summary>');
    expect(page).toContain('- The twin was asked.');
  });

  it('stays below what a CI system takes, however much there is', () => {
    const long = Array.from({ length: 400 }, (_, index): Verdict => ({
      id: `test.test_ssl.A.test_${index}`,
      file: 'test_ssl',
      verdict: 'FAIL',
      reason: `reason ${index} ${'<'.repeat(2000)}`,
      details: 'x'.repeat(20_000),
    }));
    const cells = Array.from({ length: 300 }, (_, index): CellPart => ({
      id: `cell-${index}`,
      verdicts: index < 5 ? long : passes,
    }));
    const page = formatMatrixMarkdown(make(cells));
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).toContain('1,900 more cases are in matrix.json.');
  });
});
