import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/model/verdict.ts';
import {
  annotateFailures,
  annotateMatrix,
  annotateVerdicts,
  formatAnnotations,
} from '../../../src/report/annotations.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';

describe('annotations for GitHub Actions', () => {
  it('escapes what would end a command, a property or a line', () => {
    const [line, rest] = formatAnnotations([
      { level: 'error', title: 'a: b, 100%', message: '1%, :,\r\n::error::2', file: 'x,y.py', line: 3 },
    ]).split('\n');
    expect(line).toBe('::error file=x%2Cy.py,line=3,title=a%3A b%2C 100%25::1%25, :,%0A::error::2');
    expect(rest).toBe('');
  });

  it('leaves nothing of a test that moves a terminal', () => {
    const text = formatAnnotations([{ level: 'notice', title: '\u001b[31mred\u0007', message: 'a\u0000\rb' }]);
    expect(text).toBe('::notice title=red::ab\n');
  });

  it('has an error for each unexpected verdict, and none for the others', () => {
    const annotations = annotateVerdicts(makeReport(oneOfEach));
    expect(annotations.map(({ title }) => title.split(' ')[0])).toEqual([
      'COMMON',
      'FLAKY',
      'FAIL',
      'XPASS',
      'NEWSKIP',
      'LOST',
      'UNRESOLVED',
    ]);
    expect(annotations[2]).toMatchObject({
      level: 'error',
      title: "FAIL test.test_ssl.A.test_fail (name='a.b')",
      message: expect.stringContaining('boom') as string,
    });
    expect(annotations[2]?.message).toContain('\nCPython 3.14');
    expect(annotations.every(({ file }) => file === undefined)).toBe(true);
  });

  it('takes many alike for one, and says how many it does not show', () => {
    const lost = (file: string, count: number): readonly Verdict[] =>
      Array.from({ length: count }, (_, index) => ({
        id: `test.${file}.A.test_${index}`,
        file,
        verdict: 'LOST',
        reason: 'not started',
      }));
    const [one] = annotateVerdicts(makeReport(lost('test_ssl', 60)));
    expect(one?.title).toBe('LOST 60 cases of test_ssl');
    const files = Array.from({ length: 13 }, (_, index) => lost(`test_${index}`, 1)).flat();
    const lines = formatAnnotations(annotateVerdicts(makeReport(files)))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('::error title=4 more::4 more: the report has all of them.');
  });

  it('shortens what no page would show', () => {
    const [annotation] = annotateVerdicts(
      makeReport([{ id: 'test.x', file: 'test_ssl', verdict: 'FAIL', reason: 'x'.repeat(1e6) }]),
    );
    expect(annotation?.message.length).toBeLessThan(5000);
    expect(annotation?.message).toMatch(/x\.\.\.\nCPython 3/);
  });

  it('with a baseline tells only what got worse', () => {
    const before: readonly Verdict[] = [
      { id: 'test.test_ssl.A.old', file: 'test_ssl', verdict: 'FAIL' },
      { id: 'test.test_ssl.A.broken', file: 'test_ssl', verdict: 'PASS' },
    ];
    const now: readonly Verdict[] = [
      { id: 'test.test_ssl.A.old', file: 'test_ssl', verdict: 'FAIL' },
      { id: 'test.test_ssl.A.broken', file: 'test_ssl', verdict: 'FAIL' },
      { id: 'test.test_ssl.A.fresh', file: 'test_ssl', verdict: 'LOST' },
      { id: 'test.test_ssl.A.more', file: 'test_ssl', verdict: 'PASS' },
    ];
    expect(annotateVerdicts(makeReport(now, {}, before)).map(({ title }) => title)).toEqual([
      'FAIL test.test_ssl.A.broken',
      'LOST test.test_ssl.A.fresh',
    ]);
  });

  it('points at the line of a test where its source is in the repository', () => {
    const details = [
      'Traceback (most recent call last):',
      '  File "{prefix}/lib/python3.14/test/test_asyncio/test_ssl.py", line 7, in test_it',
      '  File "/src/Lib/test/test_asyncio/test_ssl.py", line 12, in test_it',
      '  File "/src/Lib/unittest/case.py", line 99, in fail',
      'AssertionError',
    ].join('\n');
    const verdict: Verdict = { id: 'test.x', file: 'test_asyncio.test_ssl', verdict: 'FAIL', details };
    const at = (pythonDir: string): unknown => annotateVerdicts(makeReport([verdict]), { pythonDir })[0];
    expect(at('.')).toMatchObject({ file: 'Lib/test/test_asyncio/test_ssl.py', line: 12 });
    expect(at('deps/cpython')).toMatchObject({ file: 'deps/cpython/Lib/test/test_asyncio/test_ssl.py', line: 12 });
  });

  it('tells failures by their codes, and leaves verdicts to themselves', () => {
    const annotations = annotateFailures([
      { code: 'verdicts-unexpected', counts: { FAIL: 1 }, first: ['FAIL x'] },
      { code: 'tool-missing', tool: 'ninja', neededFor: 'compile AWS-LC', next: 'Install it.' },
    ]);
    expect(annotations).toMatchObject([{ level: 'error', title: 'cpython-awslc: tool-missing' }]);
    expect(annotations[0]?.message).toContain('ninja');
  });

  it('tells of each cell of a matrix that is not as expected; where none could run it, a warning', () => {
    const { cell } = makeReport([]);
    const plain = {
      id: 'a',
      cell,
      failures: [],
      run: null,
      steps: [],
      proof: null,
      suites: null,
      twin: null,
      since: null,
      logs: [],
    };
    const missing = { code: 'tool-missing', tool: 'ninja', neededFor: 'compile AWS-LC', next: 'Install it.' };
    const annotations = annotateMatrix({
      cells: [
        { ...plain, state: 'as-expected' },
        { ...plain, state: 'cannot-run', failures: [missing] },
        { ...plain, state: 'not-run' },
        { ...plain, state: 'failed', failures: [{ code: 'bug', message: 'boom' }] },
      ],
    });
    expect(annotations.map(({ level, title }) => [level, title])).toEqual([
      ['warning', 'cpython-awslc: tool-missing'],
      ['warning', 'cpython-awslc: not-run'],
      ['error', 'cpython-awslc: bug'],
    ]);
    expect(annotations.every(({ message }) => message.includes('CPython 3'))).toBe(true);
  });
});
