import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/model/verdict.ts';
import { formatMarkdown } from '../../../src/report/markdown.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';

const failed = (index: number, details = 'x'): Verdict => ({
  id: `test.a.B.test_${index}`,
  file: 'test_a',
  verdict: 'FAIL',
  reason: `reason ${index}`,
  details,
});

describe('formatMarkdown', () => {
  const text = formatMarkdown(makeReport(oneOfEach, { notes: ['a * note'] }), {
    proofSummary: 'proof: 31 of 31 claims hold',
  });

  it('begins with the result, then cell, proof and counts', () => {
    expect(text.split('\n\n').slice(0, 4)).toEqual([
      '## 7 unexpected verdicts: 12 cases in 3 files',
      'CPython 3.14.6, AWS-LC 5.12.0, x86\\_64 gnu, generic, static, quick',
      'proof: 31 of 31 claims hold',
      'Ran in 1 min 1 s, started 2026-11-24T10:00:00Z.',
    ]);
    expect(text).toContain('| PASS | 1 | passed |\n');
    expect(text).toContain('| **FAIL** | 1 | failed |\n');
    expect(text.endsWith('- a \\* note\n')).toBe(true);
  });

  it('says that AWS-LC was compiled incrementally', () => {
    const kept = { incremental: true, since: '2026-11-24T09:00:00Z', changedFiles: 2 };
    expect(formatMarkdown(makeReport(oneOfEach, { kept }))).toContain(
      '(2 files differed); --clean compiles all of it.\n',
    );
    expect(text).not.toContain('incrementally');
  });

  it('folds each unexpected case, in a fence that its text cannot close', () => {
    expect(text.match(/<details>/g)).toHaveLength(7);
    expect(text).toContain(
      "<details><summary><b>FAIL</b> test.test_ssl.A.test_fail (name='a.b')</summary>\n\n````text\nSSLError: boom",
    );
    expect(text).toContain(
      'again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_fail\n````\n\n</details>',
    );
    const html = formatMarkdown(makeReport([{ ...failed(1), id: 'a.B.<script>' }]));
    expect(html).toContain('<b>FAIL</b> a.B.&lt;script&gt;</summary>');
  });

  it('stays readable: the end of a traceback, the first hundred cases', () => {
    const long = Array.from({ length: 60 }, (_, index) => `line ${index}`).join('\n');
    const one = formatMarkdown(makeReport([failed(1, long)]));
    expect(one).toContain('...\nline 35\n');
    expect(one).not.toContain('line 34\n');
    const many = formatMarkdown(makeReport(Array.from({ length: 103 }, (_, index) => failed(index))));
    expect(many.match(/<details>/g)).toHaveLength(100);
    expect(many).toContain('3 more are in the JSON report.');
  });

  it('says of when a recorded result is, and what changed against a baseline', () => {
    const recorded = formatMarkdown(makeReport(oneOfEach, { recorded: true }, oneOfEach));
    expect(recorded).toContain('Result of 2026-11-24T10:00:00Z, not run again.');
    expect(recorded).toContain('Nothing worse than in run r1');
  });
});
