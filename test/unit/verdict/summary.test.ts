import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/model/failure.ts';
import {
  unexpectedVerdicts,
  verdictNameSchema,
  verdictReportSchema,
  type Verdict,
} from '../../../src/model/verdict.ts';
import { countVerdicts } from '../../../src/verdict/counts.ts';
import { makeVerdictReport, reportFailure, verdictFailure, type ReportFacts } from '../../../src/verdict/summary.ts';
import { makeRun, plainFacts, tellFile } from '../../rig/suite-runs.ts';

const id = 'test.test_ssl.A.test_a';
const verdict = (name: Verdict['verdict'], caseId = id): Verdict => ({
  id: caseId,
  file: 'test_ssl',
  verdict: name,
  reason: 'why',
});
const facts: ReportFacts = {
  selection: { preset: 'crypto', files: ['test_ssl'], match: [] },
  recorded: true,
  ranAt: '2026-11-24T10:00:00Z',
  durationMs: 1500,
};
const report = (outcome: 'pass' | 'fail', baseline?: ReportFacts['baseline']) =>
  makeVerdictReport(
    { runs: [makeRun('first', tellFile('test_ssl', [{ id, outcome, reason: 'x' }]))], facts: plainFacts },
    { ...facts, ...(baseline === undefined ? {} : { baseline }) },
  );

const all = { match: [] };

describe('verdictFailure', () => {
  it.each(verdictNameSchema.options)('%s', (name) => {
    const failure = verdictFailure({ verdicts: [verdict('PASS', 'other'), verdict(name)] }, all);
    if (!unexpectedVerdicts.includes(name)) expect(failure).toBeUndefined();
    else {
      expect(failure).toEqual({ code: 'verdicts-unexpected', counts: { [name]: 1 }, first: [`${name} ${id}: why`] });
      expect(failure === undefined ? 0 : exitCodeOf(failure)).toBe(3);
    }
  });

  it('names ten of many', () => {
    const verdicts = Array.from({ length: 12 }, (_, index) => verdict('FAIL', `x.A.t${index}`));
    const failure = verdictFailure({ verdicts }, all);
    expect(failure).toMatchObject({ counts: { FAIL: 12 }, first: { length: 10 } });
  });

  it('is no success when nothing was judged', () => {
    const failure = verdictFailure({ verdicts: [] }, all);
    expect(failure?.code).toBe('usage');
  });

  it('is no success when only whole files were skipped, which --match does not choose', () => {
    const skipped: Verdict = { id: 'test_smtpnet', file: 'test_smtpnet', verdict: 'SKIP', reason: 'network' };
    const code = (match: string[], ...more: Verdict[]) =>
      verdictFailure({ verdicts: [skipped, ...more] }, { match })?.code;
    expect(code(['mistyped'])).toBe('usage');
    expect(code([])).toBeUndefined();
    expect(code(['test_a'], verdict('PASS'))).toBeUndefined();
    expect(code(['test_a'], { ...skipped, verdict: 'FAIL' })).toBe('verdicts-unexpected');
  });
});

it('counts every name', () => {
  expect(Object.keys(countVerdicts([]))).toEqual(verdictNameSchema.options);
  expect(countVerdicts([verdict('FAIL'), verdict('FAIL')]).FAIL).toBe(2);
});

describe('makeVerdictReport', () => {
  it('is a document that its schema reads back from JSON', () => {
    const made = report('fail');
    expect(verdictReportSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
    expect(made).toMatchObject({ asExpected: false, cases: 1, recorded: true, manifest: null, roster: null });
    expect(report('pass').asExpected).toBe(true);
  });

  it('fails by the baseline only on what changed for the worse', () => {
    const failed: Verdict = { id, file: 'test_ssl', verdict: 'FAIL', reason: 'x' };
    expect(reportFailure(report('fail'))?.code).toBe('verdicts-unexpected');
    expect(reportFailure(report('fail', { run: 'r1', verdicts: [failed] }))).toBeUndefined();
    expect(reportFailure(report('fail', { run: 'r1', verdicts: [{ ...failed, verdict: 'PASS' }] }))).toEqual({
      code: 'verdicts-unexpected',
      counts: { FAIL: 1 },
      first: [`FAIL ${id}: x`],
    });
    expect(reportFailure(report('pass', { run: 'r1', verdicts: [failed] }))).toBeUndefined();
  });

  it('does not pass by the baseline when nothing was judged', () => {
    const empty = makeVerdictReport(
      { runs: [], facts: plainFacts },
      {
        ...facts,
        selection: { preset: 'crypto', files: ['test_ssl'], match: ['nothing'] },
        baseline: { run: 'r', verdicts: [] },
      },
    );
    expect(empty.asExpected).toBe(false);
    expect(reportFailure(empty)?.code).toBe('usage');
  });
});
