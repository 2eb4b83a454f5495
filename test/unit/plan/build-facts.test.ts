import { describe, expect, it } from 'vitest';
import { findBuildFacts } from '../../../src/plan/build-facts.ts';
import { judgeCertificate } from '../../../src/plan/certificate-conditions.ts';
import type { Proof } from '../../../src/model/proof.ts';
import { certificateOf } from '../../rig/certificates.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

type Found = Proof['claims'][number]['found'];

/** What a proof found, as far as it matters here. */
const proofOf = (found: Readonly<Record<string, Found>>): Pick<Proof, 'claims'> => ({
  claims: Object.entries(found).map(([id, value]) => ({
    id,
    title: id,
    how: id,
    expected: value,
    found: value,
    holds: true,
  })),
});

const factsOf = (
  awslc: string,
  link: 'static' | 'shared' = 'static',
  proof = proofOf({ 'fips-mode': 1, 'fips-version': awslc.replace('fips-', 'AWS-LC FIPS ') }),
): ReturnType<typeof findBuildFacts> => {
  const plan = planWith({ axes: { awslc: [awslc], link: [link] } });
  const [planned] = plan.cells;
  if (planned === undefined) throw new Error('a plan of one cell');
  return findBuildFacts({
    plan,
    planned,
    fetched: { origin: 'crate aws-lc-fips-sys 0.13.11' },
    machine: fixedHost.machine,
    hardware: 'c6i.metal',
    proof,
  });
};

/** How many conditions of #5314 are met. */
const countMet = (facts: ReturnType<typeof findBuildFacts>): number =>
  judgeCertificate(certificateOf('5314'), facts).conditions.filter(({ met }) => met === true).length;

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
    expect(countMet(factsOf('fips-3.1.0'))).toBe(2);
    const met = (id: string): unknown => judged.conditions.find((condition) => condition.id === id)?.met;
    expect([met('version'), met('link'), met('source'), met('steps')]).toEqual([true, true, false, false]);
    expect(judged.conditions.find(({ id }) => id === 'steps')?.found).toContain('added -DCMAKE_BUILD_TYPE=Release');
  });

  it('meet no more of it for another version of the line or for its shared module', () => {
    expect(countMet(factsOf('fips-3.3.0'))).toBe(1);
    expect(countMet(factsOf('fips-3.1.0', 'shared'))).toBe(1);
  });

  it('have the version that was found, not the one that was asked', () => {
    const of = (found: Readonly<Record<string, Found>>): string =>
      factsOf('fips-3.1.0', 'static', proofOf(found)).version;
    expect(of({ 'fips-mode': 1, 'fips-version': 'AWS-LC FIPS 3.0.0' })).toBe('fips-3.0.0');
    expect(of({ 'fips-mode': 0, 'fips-version': 'AWS-LC 3.1.0' })).toBe('no FIPS module');
    expect(of({ 'fips-mode': 1, 'fips-version': { error: 'the probe ended' } })).toBe('not known');
    expect(countMet(factsOf('fips-3.1.0', 'static', proofOf({ 'fips-mode': 0 })))).toBe(1);
  });
});
