import { describe, expect, it } from 'vitest';
import { countMet, findBuildFacts } from '../../../src/plan/build-facts.ts';
import { judgeCertificate } from '../../../src/plan/certificate-conditions.ts';
import { certificateOf } from '../../rig/certificates.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

const factsOf = (awslc: string, link: 'static' | 'shared' = 'static'): ReturnType<typeof findBuildFacts> => {
  const plan = planWith({ axes: { awslc: [awslc], link: [link] } });
  const [planned] = plan.cells;
  if (planned === undefined) throw new Error('a plan of one cell');
  return findBuildFacts({
    plan,
    planned,
    fetched: { origin: 'crate aws-lc-fips-sys 0.13.11' },
    machine: fixedHost.machine,
    hardware: 'c6i.metal',
  });
};

describe('the facts of a build', () => {
  it('come from the plan that was run: digest, cmake line, compiler and Go, system', () => {
    expect(factsOf('fips-3.1.0')).toEqual({
      version: 'fips-3.1.0',
      line: 'fips-2024',
      link: 'static',
      sourceSha256: 'df6ea8e07e2df15b9f09f2ac5ee2977369b06d116f0c4eb5fa4ad443b73c7f53',
      sourceKind: 'crate',
      cmakeArguments: expect.arrayContaining(['-DFIPS=1', '-DCMAKE_BUILD_TYPE=Release']) as string[],
      targets: ['crypto', 'ssl'],
      extraFlags: [],
      compiler: { name: 'gcc', version: '12.2.0' },
      go: { name: 'go', version: '1.19.8' },
      environment: {
        os: 'Debian GNU/Linux',
        osVersion: '12',
        arch: 'x86_64',
        cpuModel: 'Fake CPU',
        hardware: 'c6i.metal',
      },
    });
  });

  it('meet two of the six conditions of #5314: version and link mode, and a crate is never the certified source', () => {
    const judged = judgeCertificate(certificateOf('5314'), factsOf('fips-3.1.0'));
    expect(countMet(judged)).toEqual({ met: 2, of: 6 });
    const met = (id: string): unknown => judged.conditions.find((condition) => condition.id === id)?.met;
    expect([met('version'), met('link'), met('source'), met('steps')]).toEqual([true, true, false, false]);
    expect(judged.conditions.find(({ id }) => id === 'steps')?.found).toContain('added -DCMAKE_BUILD_TYPE=Release');
  });

  it('meet no more of it for another version of the line or for its shared module', () => {
    expect(countMet(judgeCertificate(certificateOf('5314'), factsOf('fips-3.3.0'))).met).toBe(1);
    expect(countMet(judgeCertificate(certificateOf('5314'), factsOf('fips-3.1.0', 'shared'))).met).toBe(1);
  });
});
