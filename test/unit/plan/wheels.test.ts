import { describe, expect, it } from 'vitest';
import type { Packages } from '../../../src/model/packages.ts';
import type { Plan, Step } from '../../../src/model/plan.ts';
import { planCases } from '../../../src/plan/cases.ts';
import { chooseWheels, writeRequirements } from '../../../src/plan/wheels.ts';
import { defaultPackages, fingerprintsOf, fixedHost, planWith } from '../../rig/plan-inputs.ts';
import { plainFacts } from '../../rig/suite-runs.ts';

const test = { preset: 'packages' as const, files: ['packages'], match: [] };
const planPackages = (changes: Parameters<typeof planWith>[0] = {}): Plan => planWith({ test, ...changes });
const stepOf = (plan: Plan, kind: string, subject: string): Step => {
  const step = plan.steps.find((one) => one.kind === kind && one.subject === subject);
  if (step === undefined) throw new Error(`no ${kind} ${subject}`);
  return step;
};
const openssl = { ...fixedHost, openssl: { version: '3.0.17', package: 'libssl-dev 3.0.17-1' } };

describe('the plan of package checks', () => {
  it('fetches wheels by the built Python’s pip, and tests in an environment of them', () => {
    const plan = planPackages();
    const fetch = stepOf(plan, 'fetch', 'packages');
    const tested = stepOf(plan, 'test', 'cell');
    expect(fetch.inputs).toEqual({ install: stepOf(plan, 'install', 'cell').id });
    expect(tested.inputs['packages']).toBe(fetch.id);
    expect(tested.title).toBe('run the packages suites');
    const commands = tested.actions.flatMap((action) => (action.do === 'exec' ? [action.argv.join(' ')] : []));
    expect(commands[1]).toContain('--no-index');
    expect(commands[1]).toContain('--require-hashes');
    expect(commands.at(-1)).toContain('{work}/venv/bin/python3 {tool}/driver.py');
    expect(plan.notes.join('\n')).toContain('PIP_INDEX_URL');
  });

  it('leaves the other presets as they are', () => {
    const plan = planWith();
    expect(JSON.stringify(plan.steps)).not.toContain('fetch-wheels');
    const found = fingerprintsOf(planPackages());
    const { 'test-cell': tested, ...others } = fingerprintsOf(plan);
    expect(found).toMatchObject(others);
    expect(found['test-cell']).not.toBe(tested);
  });

  it('names a wheel by its digest: another one is another fetch and another test', () => {
    const [first, ...rest] = defaultPackages.wheels;
    if (first === undefined) throw new Error('there are wheels');
    const here = { ...first, series: ['3.14'], arch: ['x86_64'] };
    const fingerprints = ['1', '2'].map((digit) => {
      const wheels = [{ ...here, sha256: digit.repeat(64) }, ...rest];
      const found = fingerprintsOf(planPackages({ packages: { ...defaultPackages, wheels } }));
      return [found['fetch-packages'], found['test-cell'], found['install-cell']];
    });
    expect(fingerprints[0]?.[0]).not.toBe(fingerprints[1]?.[0]);
    expect(fingerprints[0]?.[1]).not.toBe(fingerprints[1]?.[1]);
    expect(fingerprints[0]?.[2]).toBe(fingerprints[1]?.[2]);
  });

  it('asks the twin in an environment of its own, with the same wheels', () => {
    const plan = planPackages({ host: openssl });
    const twin = stepOf(plan, 'test', 'twin');
    expect(twin.inputs['packages']).toBe(stepOf(plan, 'fetch', 'packages').id);
    expect(JSON.stringify(twin.actions)).toContain('\\"library\\": \\"OpenSSL\\"');
    const cases = planCases(plan, stepOf(plan, 'install', 'twin'), 'twin', {
      'packages.small': ['packages.small.A.test'],
    });
    expect(cases.inputs).toEqual(twin.inputs);
    expect(cases.actions.slice(1, -2)).toEqual(twin.actions.slice(1, -1));
    expect(JSON.stringify(cases.actions.at(-1))).toContain('{work}/venv/bin/python3');
    const plain = planWith({ host: openssl });
    expect(planCases(plain, stepOf(plain, 'install', 'twin'), 'twin', {}).inputs).toEqual({
      install: stepOf(plain, 'install', 'twin').id,
    });
  });

  it('has pinned wheels for no other C library, and says so', () => {
    const plan = planPackages({ host: { ...fixedHost, platform: { arch: 'x86_64', libc: 'musl' } } });
    expect(plan.notes.join('\n')).toMatch(
      /packages without a listed wheel for CPython 3\.14 on x86_64 musl: requests, /,
    );
    expect(JSON.stringify(stepOf(plan, 'test', 'cell').actions)).not.toContain('--no-index');
  });
});

describe('chooseWheels', () => {
  it('has one wheel of each package that any needs, for every series and machine', () => {
    for (const series of ['3.9', '3.11', '3.13', '3.14', '3.15']) {
      for (const arch of ['x86_64', 'aarch64']) {
        const cell = {
          ...plainFacts.cell,
          python: { version: `${series}.1`, series },
          platform: { arch, libc: 'gnu' as const },
        };
        const { wheels, absent } = chooseWheels(defaultPackages, cell);
        const names = wheels.map(({ name }) => name);
        expect([series, arch, absent]).toEqual([series, arch, []]);
        expect(names).toEqual([...new Set(names)]);
        expect(names).toEqual(expect.arrayContaining(['botocore', 'cffi', 'idna']));
      }
    }
  });

  it('has no package that is absent, and none of a series that nobody listed', () => {
    const cell = { ...plainFacts.cell, python: { version: '3.99.0', series: '3.99' } };
    const names = defaultPackages.packages.map(({ name }) => name);
    expect(chooseWheels(defaultPackages, cell)).toEqual({ wheels: [], absent: names });
  });
});

it('writeRequirements names exact bytes', () => {
  const wheel: Packages['wheels'][number] = {
    name: 'small',
    version: '1.0',
    file: 'small-1.0-py3-none-any.whl',
    sha256: 'a'.repeat(64),
    series: ['3.14'],
    arch: ['x86_64'],
  };
  expect(writeRequirements([wheel])).toBe(`small==1.0 --hash=sha256:${'a'.repeat(64)}\n`);
});
