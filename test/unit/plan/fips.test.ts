import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../src/model/plan.ts';
import { resolveRecipe } from '../../../src/recipe/resolve.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import {
  defaultCatalogue,
  defaultCpuCode,
  defaultRecipe,
  defaultCpu,
  defaultPackages,
  defaultServices,
  defaultTargets,
  fingerprintsOf,
  fixedHost,
  planWith,
} from '../../rig/plan-inputs.ts';

const stepOf = (plan: Plan, name: string): Step => {
  const id = plan.cells[0]?.steps[name];
  const step = plan.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`the plan has no ${name}`);
  return step;
};

const actionsOf = (plan: Plan, name: string): string => JSON.stringify(stepOf(plan, name).actions);

describe('a FIPS build', () => {
  const plan = planWith({ axes: { awslc: ['fips-3.1.0'], target: ['native'] } });
  const flags = stepOf(plan, 'configure-awslc').flags.map(({ flag }) => flag);

  it('builds the module with no flag of the target, no prefix map and no switch beside what linking needs', () => {
    expect(flags).toEqual([
      '-DFIPS=1',
      '-DCMAKE_BUILD_TYPE=Release',
      '-DCMAKE_C_COMPILER=gcc',
      '-DCMAKE_CXX_COMPILER=g++',
      '-DBUILD_SHARED_LIBS=0',
      '-DCMAKE_POSITION_INDEPENDENT_CODE=ON',
      '-DBUILD_TESTING=OFF',
      '-DBUILD_TOOL=OFF',
    ]);
    // The rest of the same cell has the target's flags.
    expect(actionsOf(plan, 'configure-core')).toContain('-march=x86-64-v3');
  });

  it('lets Go download nothing and take no settings of its own', () => {
    for (const name of ['configure-awslc', 'compile-awslc']) {
      const [run] = stepOf(plan, name).actions.flatMap((action) => (action.do === 'exec' ? [action] : []));
      expect(run?.env).toMatchObject({ GOPROXY: 'off', GOTOOLCHAIN: 'local', GOENV: 'off' });
    }
    expect(actionsOf(planWith(), 'compile-awslc')).not.toContain('GOPROXY');
  });

  it('tests the module after it was linked', () => {
    const argvOf = (made: Plan): readonly string[] | undefined =>
      stepOf(made, 'modules-crypto')
        .actions.flatMap((action) => (action.do === 'exec' ? [action.argv] : []))
        .at(-1);
    expect(argvOf(plan)).toEqual([
      '{core}/opt/cpython-awslc/bin/python3',
      '-I',
      '-B',
      '-c',
      expect.stringContaining('integrity_test()'),
      '{tree}',
    ]);
  });

  it('takes out CPython’s own HMAC code where a series has some, and leaves it to the twin', () => {
    expect(actionsOf(plan, 'install-cell')).toContain('lib-dynload/_hmac.*.so');
    expect(actionsOf(planWith(), 'install-cell')).not.toContain('_hmac');
    const older = planWith({ axes: { python: ['3.13.15'], awslc: ['fips-3.1.0'] } });
    expect(actionsOf(older, 'install-cell')).not.toContain('_hmac');
    const openssl = { from: 'machine', version: '3.0.20' } as const;
    const twins = ['fips-3.1.0', '5.12.0'].map(
      (awslc) => fingerprintsOf(planWith({ axes: { awslc: [awslc] }, openssl }))['install-twin'],
    );
    expect(twins[0]).toBe(twins[1]);
  });

  it('shares CPython’s core with every other build of the same built-in hashes', () => {
    const of = (awslc: string): string | undefined =>
      fingerprintsOf(planWith({ axes: { awslc: [awslc] } }))['compile-core'];
    expect(of('fips-3.1.0')).toBe(of('5.12.0'));
    expect(of('fips-4.2.0')).toBe(of('5.12.0'));
  });

  it('of link mode shared takes the very libraries that AWS-LC’s build made', () => {
    const shared = planWith({ axes: { awslc: ['fips-4.2.0'], link: ['shared'] } });
    expect(stepOf(shared, 'configure-awslc').flags.map(({ flag }) => flag)).toEqual(
      expect.arrayContaining(['-DFIPS=1', '-DBUILD_SHARED_LIBS=1', '-DCMAKE_SKIP_RPATH=ON']),
    );
    expect(actionsOf(shared, 'install-cell')).toContain('{library}/lib*.so');
    expect(actionsOf(shared, 'modules-crypto')).toContain('-lssl -lcrypto');
  });

  it('needs Go and Perl, and says so before anything runs', () => {
    const resolved = resolveRecipe({
      recipe: defaultRecipe,
      narrowed: { awslc: ['fips-4.2.0'] },
      catalogue: defaultCatalogue,
      targets: defaultTargets,
      platform: fixedHost.platform,
      crossArchs: [],
      cpuFeatures: [],
      loose: { python: new Map(), awslc: new Map() },
      named: new Map(),
    });
    if (!resolved.ok) throw new Error('the catalogue has it');
    const host = { ...fixedHost, tools: fixedHost.tools.filter(({ name }) => name !== 'go' && name !== 'perl') };
    const input = {
      assets: [],
      patches: [],
      shims: [],
      services: defaultServices,
      cpuCode: defaultCpuCode,
      packages: defaultPackages,
      cross: [],
      cpu: defaultCpu.architectures,
      tryPatches: false,
    } as const;
    const test = { preset: 'quick', files: ['test_ssl'], match: [] } as const;
    const made = makePlan({ resolved: resolved.value, host, ...input, test: { ...test, files: [], match: [] } });
    expect(made).toMatchObject({
      ok: false,
      error: [
        { code: 'tool-missing', tool: 'go' },
        { code: 'tool-missing', tool: 'perl' },
      ],
    });
  });
});
