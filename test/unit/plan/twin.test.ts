import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../src/model/plan.ts';
import { planSchema } from '../../../src/model/plan.ts';
import { checkSchema } from '../../../src/model/json.ts';
import { planCases } from '../../../src/plan/cases.ts';
import { selectGoals } from '../../../src/plan/plan.ts';
import type { OpensslChoice } from '../../../src/model/source.ts';
import { fingerprintsOf, fixedHost, planWith } from '../../rig/plan-inputs.ts';

const host = { ...fixedHost, openssl: { version: '3.0.19-1' } };
const plain = planWith();
const plan = planWith({ host });
const tree = (isShared: boolean): OpensslChoice => ({
  from: 'tree',
  version: '3.5.4',
  isShared,
  source: { kind: 'tree', description: 'an installed OpenSSL', treeDigest: 'd'.repeat(64) },
});
const find = (of: Plan, name: string): Step => {
  const step = of.steps.find(({ kind, subject }) => `${kind}-${subject}` === name);
  if (step === undefined) throw new Error(`no step ${name}`);
  return step;
};

describe('the twin in a plan', () => {
  it('adds its steps and changes none of the cell’s', () => {
    const before = fingerprintsOf(plain);
    const { 'modules-twin': modules, 'install-twin': install, 'test-twin': test, ...rest } = fingerprintsOf(plan);
    expect(rest).toEqual(before);
    expect([modules, install, test].every((fingerprint) => fingerprint !== undefined)).toBe(true);
    expect(checkSchema(planSchema, plan).ok).toBe(true);
  });

  it('is made from the cell’s own core, and from nothing of AWS-LC', () => {
    const core = find(plan, 'compile-core').id;
    expect(find(plan, 'modules-twin').inputs).toEqual({ cpython: find(plan, 'unpack-cpython').id, core });
    expect(find(plan, 'install-twin').inputs).toEqual({ core, modules: find(plan, 'modules-twin').id });
    expect(JSON.stringify(find(plan, 'modules-twin').actions)).toContain('-UOPENSSL_NO_TLS_PHA');
  });

  it('is not there on a machine without OpenSSL’s headers', () => {
    expect(plain.cells.every(({ steps }) => steps['install-twin'] === undefined)).toBe(true);
  });

  it('is one for cells that differ in AWS-LC only', () => {
    const two = planWith({ host, axes: { awslc: ['5.12.0', '5.11.0'] } });
    expect(two.cells).toHaveLength(2);
    expect(new Set(two.cells.map(({ steps }) => steps['test-twin']))).toHaveProperty('size', 1);
  });

  it('is no goal of any stage but diff', () => {
    const twins = (stage: Parameters<typeof selectGoals>[1]): readonly string[] =>
      selectGoals(plan, stage)
        .filter(({ subject }) => subject === 'twin')
        .map(({ kind }) => kind);
    expect((['fetch', 'build', 'prove', 'test'] as const).flatMap(twins)).toEqual([]);
    expect(twins('diff')).toEqual(['test']);
  });

  it('goes stale with the machine’s OpenSSL and with its compiler, and nothing else does with the former', () => {
    const updated = fingerprintsOf(planWith({ host: { ...host, openssl: { version: '3.0.20-1' } } }));
    const changed = Object.entries(fingerprintsOf(plan)).filter(([name, value]) => updated[name] !== value);
    expect(changed.map(([name]) => name)).toEqual(['modules-twin', 'install-twin', 'test-twin']);
    const tools = host.tools.map((tool) => (tool.name === 'gcc' ? { ...tool, version: 'gcc 13' } : tool));
    const other = planWith({ host: { ...host, tools } });
    expect(find(other, 'modules-twin').fingerprint).not.toBe(find(plan, 'modules-twin').fingerprint);
  });
});

describe('a twin on another OpenSSL', () => {
  const shared = planWith({ host, openssl: tree(true) });
  const statical = planWith({ host, openssl: tree(false) });

  it('takes it by the digest of its content, and carries shared libraries with it', () => {
    expect(find(shared, 'unpack-openssl').actions).toMatchObject([{ do: 'adopt', treeDigest: 'd'.repeat(64) }]);
    expect(find(shared, 'modules-twin').inputs['openssl']).toBe(find(shared, 'unpack-openssl').id);
    const text = JSON.stringify(shared.steps.filter(({ subject }) => subject === 'twin'));
    expect(text).toContain("-rpath,'$$ORIGIN/../../openssl'");
    expect(text).toContain('{openssl}/lib/lib*.so*');
    const other = JSON.stringify(statical.steps.filter(({ subject }) => subject === 'twin'));
    expect(other).not.toContain('rpath');
    expect(other).not.toContain('.so*');
  });
});

describe('planCases', () => {
  const install = find(plan, 'install-twin');
  const cases = { test_ssl: ['test.test_ssl.A.test_a'] };

  it('is another step for other cases, and for another side', () => {
    const step = planCases(plan, install, 'twin', cases);
    expect(step).toMatchObject({ kind: 'test', subject: 'twin-cases', inputs: { install: install.id } });
    expect(planCases(plan, install, 'twin', cases).fingerprint).toBe(step.fingerprint);
    expect(planCases(plan, install, 'twin', { test_ssl: ['x'] }).fingerprint).not.toBe(step.fingerprint);
    const onCell = planCases(plan, find(plan, 'install-cell'), 'cell', cases);
    expect(onCell.fingerprint).not.toBe(step.fingerprint);
  });
});
