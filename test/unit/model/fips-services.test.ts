import { describe, expect, it } from 'vitest';
import { fipsServicesSchema } from '../../../src/model/fips-services.ts';
import { defaultServices } from '../../rig/plan-inputs.ts';

/** What the schema says of the shipped file with a change. */
const problemsOf = (changes: Partial<typeof defaultServices>): string[] =>
  fipsServicesSchema.safeParse({ ...defaultServices, ...changes }).error?.issues.map(({ message }) => message) ?? [];

describe('recipes/knowledge/fips-services.json', () => {
  it('must have each line once, and name sources that are there', () => {
    const [indicator] = defaultServices.indicators;
    const [policy] = defaultServices.tlsPolicies;
    if (indicator === undefined || policy === undefined) throw new Error('the file is empty');
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ indicators: [indicator, indicator] })).toEqual(['fips-2022 stands twice']);
    expect(problemsOf({ indicators: [{ ...indicator, source: 'hearsay' }] })).toEqual(['no source hearsay']);
    const documents = { ...policy.documents, shared: 'hearsay' };
    expect(problemsOf({ tlsPolicies: [{ ...policy, documents }] })).toEqual(['no source hearsay']);
    expect(
      problemsOf({ tlsPolicies: [policy, { ...policy, lines: ['fips-2025'], standsInFor: ['fips-2022'] }] }),
    ).toEqual(['fips-2022 has another policy too']);
  });
});
