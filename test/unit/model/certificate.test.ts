import { describe, expect, it } from 'vitest';
import { certificatesSchema } from '../../../src/model/certificate.ts';
import { checkSchema, type Json } from '../../../src/model/json.ts';
import { certificateOf, certificatesText, shipped } from '../../rig/certificates.ts';

type Changed = Record<string, unknown> & { certificates: Record<string, unknown>[] };
const change = (edit: (file: Changed) => void): readonly string[] => {
  const file = JSON.parse(certificatesText) as Changed; // JSON.parse gives any; the schema is what is tested.
  edit(file);
  const checked = checkSchema(certificatesSchema, file as unknown as Json);
  return checked.ok ? [] : checked.error.map(({ path, message }) => `${path}: ${message}`);
};

describe('recipes/knowledge/certificates.json', () => {
  it('has every certificate of a line, and the pair in process', () => {
    const rows = shipped.certificates.map(({ id, number, status, line, link, version }) =>
      [id, String(number), status, line, link, version].join(' '),
    );
    expect(rows).toEqual([
      '5314 5314 validated fips-2024 static fips-3.1.0',
      '5298 5298 validated fips-2024 shared fips-3.1.0',
      '4816 4816 validated fips-2022 static fips-2.0.0',
      '5429 5429 validated fips-2022 shared fips-2.0.0',
      '4759 4759 historical fips-2022 shared fips-2.0.0',
      '4631 4631 validated fips-2021 shared fips-1.0.2',
      'v4.0-static undefined in process fips-2025 static fips-4.0',
      'v4.0-dynamic undefined in process fips-2025 shared fips-4.0',
    ]);
  });

  it('has a policy with its digest for every certificate that is published, named after it', () => {
    for (const { number, policy, source, builds, environments } of shipped.certificates) {
      if (number === undefined) continue;
      expect(policy?.file).toBe(`140sp${number}.pdf`);
      expect(source?.file).toBe(`${source?.tag ?? ''}.zip`);
      expect(builds?.every(({ cmakeArguments }) => cmakeArguments.includes('-DFIPS=1'))).toBe(true);
      expect(environments?.length).toBeGreaterThan(1);
    }
    const digests = shipped.certificates.flatMap(({ policy }) => policy?.sha256 ?? []);
    expect(new Set(digests).size).toBe(6);
  });
});

describe('certificatesSchema', () => {
  it('refuses a fact without evidence, and one that is neither here nor said to be missing', () => {
    expect(change(() => undefined)).toEqual([]);
    const sunset = change(({ certificates }) => {
      certificates[1] = { ...certificates[1], sunsetOn: '2031-06-04' };
    });
    expect(sunset).toEqual([
      '$.certificates[1].evidence: no evidence for sunsetOn',
      '$.certificates[1].missing: sunsetOn is here, and missing',
    ]);
    const without = change(({ certificates }) => {
      delete certificates[0]?.['policy'];
    });
    expect(without).toEqual([
      '$.certificates[0].evidence: policy is not here',
      '$.certificates[0].missing: policy is not here',
    ]);
  });

  it('refuses evidence from a source that is not listed', () => {
    const found = change((file) => {
      file['entropyCertificates'] = [
        { number: 'E1', entropySource: 'dice', awardedOn: '2026-01-01', source: 'hearsay' },
      ];
      file.certificates[0] = { ...file.certificates[0], evidence: [{ facts: ['status'], source: 'rumour' }] };
    });
    expect(found).toContain('$.entropyCertificates[0].source: no source hearsay');
    expect(found).toContain('$.certificates[0].evidence[0].source: no source rumour');
  });

  it('has no word for a build', () => {
    expect(Object.keys(certificateOf('5314'))).not.toContain('validated');
    expect(change(({ certificates }) => (certificates[0] = { ...certificates[0], status: 'active' })).join()).toMatch(
      /status/,
    );
  });
});
