import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/model/json.ts';
import { runRecordSchema, type RunRecord } from '../../src/model/record.ts';
import { resultDocumentSchema } from '../../src/model/result-document.ts';
import type { VerdictReport } from '../../src/model/verdict.ts';
import { realStore, runReal } from '../rig/real-python.ts';

/** Set by who has no package index: then these tests are shown as skipped. Without it a missing index is a failure. */
const leaveOut = process.env['CPYTHON_AWSLC_TEST_NO_INDEX'] === '1';

describe.skipIf(leaveOut)('the package checks, with the default recipe’s Python and a package index', () => {
  let report: VerdictReport;
  let record: RunRecord;

  beforeAll(async () => {
    // runReal throws unless the exit code is 0.
    const result = parseJson(resultDocumentSchema, (await runReal(['test', '--preset', 'packages', '--json'])).stdout);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const { cells, run } = result.value;
    const verdicts = cells[0]?.verdicts;
    if (!verdicts || run === null) throw new Error('no verdicts');
    report = verdicts;
    const read = parseJson(runRecordSchema, await readFile(join(realStore(), 'runs', run, 'run.json'), 'utf8'));
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    record = read.value;
  });

  it('are all as expected, the whole roster', () => {
    expect(report).toMatchObject({ asExpected: true, counts: { LOST: 0, XFAIL: 0, SKIP: 0, XSKIP: 0 }, notes: [] });
    expect(report.counts.PASS).toBe(report.cases);
    expect(report.cases).toBeGreaterThan(40);
  });

  it('tell what runs on AWS-LC from what brings its own crypto', () => {
    const { library, packages, wheels } = report.packages ?? { packages: [] };
    expect(library).toBe('AWS-LC 5.12.0');
    const bring = packages.filter(({ brings }) => Object.keys(brings).length > 0).map(({ name }) => name);
    // boto3 imports the other three where they are; what it does with them is nothing.
    expect(bring).toEqual(['boto3', 'awscrt', 'cryptography', 'pyOpenSSL']);
    for (const { name, crypto, usesSsl, error } of packages) {
      expect([name, error, usesSsl || crypto === 'own']).toEqual([name, undefined, true]);
    }
    expect(wheels?.length).toBeGreaterThan(20);
  });

  it('record how the wheels came and nothing of where from', () => {
    const fetched = record.stepRecords.find(({ id }) => id.startsWith('fetch-packages'));
    expect(fetched).toBeDefined();
    // Nothing where they lay in the store already; without TLS where the machine's index has none.
    expect(fetched?.origin ?? 'pip').toMatch(/^pip( [\w.]+ (over TLSv1\.[23] \w+ of AWS-LC 5\.12\.0|without TLS))?$/);
    const told = record.stepRecords.map(({ origin, originsTried, title }) => ({ origin, originsTried, title }));
    expect(JSON.stringify(told)).not.toMatch(/:\/\//);
    for (const [name, value] of Object.entries(process.env)) {
      if (/^PIP_(EXTRA_)?INDEX_URL$/.test(name) && value !== undefined) {
        expect(JSON.stringify(record)).not.toContain(new URL(value).host);
      }
    }
  });
});
