import { describe, expect, it } from 'vitest';
import type { CertificateReport, JudgedCertificate } from '../../../src/model/certificate.ts';
import { findDateWarnings } from '../../../src/plan/certificates.ts';
import { describeConditions, formatCertificates } from '../../../src/report/certificates.ts';
import { certificateOf, shipped } from '../../rig/certificates.ts';

const judged: JudgedCertificate = {
  id: '5314',
  number: 5314,
  name: 'AWS-LC 3 Cryptographic Module (static)',
  status: 'validated',
  conditions: [
    { id: 'source', met: false, expected: 'a.zip', found: 'crate' },
    { id: 'version', met: true, expected: 'AWS-LC FIPS 3.1.0', found: 'AWS-LC FIPS 3.1.0' },
    { id: 'steps', met: false, expected: 'cmake', found: 'added -DX' },
    { id: 'compiler', met: true, expected: 'gcc', found: 'gcc' },
    { id: 'environment', met: 'unknown', expected: 'here', found: 'there' },
    { id: 'link', met: true, expected: 'static', found: 'static' },
  ],
};

describe('describeConditions', () => {
  it('counts what is met, and says of each what was expected and found', () => {
    expect(describeConditions(judged)).toEqual([
      'conditions of certificate #5314: 3 of 6 met',
      '  source       not met    expected a.zip; found crate',
      '  version      met        expected AWS-LC FIPS 3.1.0; found AWS-LC FIPS 3.1.0',
      '  steps        not met    expected cmake; found added -DX',
      '  compiler     met        expected gcc; found gcc',
      '  environment  not known  expected here; found there',
      '  link         met        expected static; found static',
    ]);
  });

  it('says when a certificate is historical or not there yet, and never that a build is validated', () => {
    const [historical] = describeConditions({ ...judged, status: 'historical' });
    expect(historical).toBe('conditions of certificate #5314 (historical): 3 of 6 met');
    const [inProcess] = describeConditions({
      id: 'v4',
      name: 'AWS-LC 4',
      status: 'in process',
      conditions: judged.conditions,
    });
    expect(inProcess).toBe('conditions of a certificate that there is not yet (AWS-LC 4 is in process): 3 of 6 met');
    const complete = { ...judged, conditions: judged.conditions.map((one) => ({ ...one, met: true })) };
    expect(describeConditions(complete)[0]).toBe('conditions of certificate #5314: 6 of 6 met');
    expect(describeConditions(complete).join('\n')).not.toMatch(/validated|certified/);
  });
});

describe('formatCertificates', () => {
  const format = (ids: readonly string[]): string => {
    const today = new Date('2026-11-24T12:00:00Z');
    const certificates = ids.map((id) => {
      const certificate = certificateOf(id);
      return { ...certificate, warnings: [...findDateWarnings(certificate, today)] };
    });
    const { entropyCertificates, sources } = shipped;
    const report: CertificateReport = {
      version: 1,
      kind: 'certificates',
      newestCertified: 'fips-3.1.0',
      certificates,
      entropyCertificates,
      sources,
    };
    return formatCertificates(report, { color: false });
  };

  it('shows status, dates, conditions and warnings', () => {
    const text = format(['4816']);
    expect(text).toMatch(/^What NIST says .* nothing about a build of yours\.\n\n#4816 {2}AWS-LC Cryptographic Module/);
    expect(text).toMatch(/\n {2}status {5}validated 2024-10-01, sunset 2029-09-30\n/);
    expect(text).toMatch(
      /\n {2}module {5}AWS-LC FIPS 2\.0\.0, static; fips-2022, branch fips-2022-11-02; submission 2\n/,
    );
    expect(text).toMatch(/\n {2}policy {5}140sp4816\.pdf, sha256 ef1e501b010ba8db/);
    expect(text).toMatch(/\n {2}build {6}Amazon Linux 2, Amazon Linux 2023: cmake -DFIPS=1, make \(/);
    expect(text).toMatch(/\n {2}tested {5}Amazon Linux 2 or .* on c7g\.metal \(Graviton3\)\n/);
    expect(text).toMatch(
      /\n {2}warning {4}the end of AWS-LC's support for fips-2022-11-02 is near: 2027-04, in 157 days\n/,
    );
    expect(text).toMatch(/\nThe newest version that a certificate names is AWS-LC FIPS 3\.1\.0\.\n$/);
  });

  it('says what is not known, and what became of a certificate', () => {
    expect(format(['4759'])).toMatch(/\n {2}status {5}historical, replaced by #5429\n/);
    expect(format(['5314'])).toMatch(/; FIPS_version\(\) returns 0\n/);
    expect(format(['5298'])).toMatch(
      /\n {2}not known {2}day of validation, sunset date: NIST's page could not be read/,
    );
    expect(format(['v4.0-static'])).toMatch(
      /\nv4\.0-static {2}.*\n {2}status {5}in process, Comment Resolution[^]*not known {2}policy, source, build steps,/,
    );
  });
});
