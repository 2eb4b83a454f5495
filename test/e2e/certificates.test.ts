import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { certificateReportSchema } from '../../src/model/certificate.ts';
import { parseJson } from '../../src/model/json.ts';
import { shipped } from '../rig/certificates.ts';
import { failureCodes, runCli } from '../rig/cli.ts';
import { copyPackage } from '../rig/package-copy.ts';

it('certificates lists them, as text and as one JSON document of its schema', async () => {
  const json = await runCli(['certificates', '--json']);
  expect([json.exitCode, json.stderr]).toEqual([0, '']);
  const report = parseJson(certificateReportSchema, json.stdout);
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  expect(report.value.newestCertified).toBe('fips-3.1.0');
  expect(report.value.certificates.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['5314', '5298', '4816', '5429', '4759', '4631', 'v4.0-static', 'v4.0-dynamic']),
  );
  // AWS-LC's support for 1.x ended in October 2026: a clock before that is wrong.
  const old = report.value.certificates.find(({ id }) => id === '4631');
  expect(old?.warnings[0]).toMatchObject({ kind: 'support-end', on: '2026-10-31' });
  const text = await runCli(['certificates']);
  expect([text.exitCode, text.stderr]).toEqual([0, '']);
  expect(text.stdout).toMatch(
    /\n#5314 {2}AWS-LC 3 Cryptographic Module \(static\)\n {2}status {5}validated 2026-06-05/,
  );
});

it('certificates refuses a file that has a fact without evidence', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  try {
    const { bin } = await copyPackage(directory);
    const [first] = shipped.certificates;
    const damaged = { ...shipped, certificates: [{ ...first, evidence: [] }] };
    await writeFile(join(directory, 'recipes/knowledge/certificates.json'), JSON.stringify(damaged));
    const result = await runCli(['certificates', '--json'], { bin });
    expect(result.exitCode).toBe(2);
    expect(failureCodes(result)).toEqual(['file-invalid']);
    expect(result.stdout).toContain('no evidence for policy');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
