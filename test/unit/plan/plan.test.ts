import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/model/plan.ts';
import { planSchema } from '../../../src/model/plan.ts';
import { checkSchema } from '../../../src/model/json.ts';
import { makePlan, selectGoals } from '../../../src/plan/plan.ts';
import { resolveRecipe } from '../../../src/recipe/resolve.ts';
import {
  defaultCatalogue,
  defaultCpuCode,
  defaultRecipe,
  defaultCpu,
  defaultPackages,
  defaultServices,
  defaultTargets,
  fixedHost,
  planWith,
} from '../../rig/plan-inputs.ts';

/** A step's actions as lines: commands as they are, the rest by what it does where. */
const line = (action: Action): string => {
  switch (action.do) {
    case 'exec':
      return `$ (${action.cwd}) ${action.argv.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ')}${action.stdout === undefined ? '' : ` > ${action.stdout}`}`;
    case 'copy':
    case 'copy-linked':
      return `${action.do} ${action.from} ${action.to}`;
    case 'write':
      return `write ${action.path}`;
    case 'synchronize':
      return `synchronize ${action.from} ${action.to}, discard ${action.discard}`;
    case 'symlink':
      return `symlink ${action.path} -> ${action.target}`;
    case 'remove':
      return `remove ${action.files.join(' ')}`;
    case 'substitute':
      return `substitute ${action.files.join(' ')}: ${action.replace.map(({ from, to }) => `${from} -> '${to}'`).join(', ')}`;
    case 'require-text':
      return `require-text ${action.file}: ${action.present.length} present, ${action.absent.length} absent`;
    case 'fetch':
      return `fetch ${action.archive.file} ${action.archive.sha256}`;
    case 'fetch-wheels':
      return `fetch-wheels ${action.wheels.map(({ file }) => file).join(' ')}`;
    case 'unpack':
      return `unpack ${action.archive} ${action.root} into ${action.into}`;
    case 'compile-cache':
      return `compile-cache ${action.compilers.join(' ')}`;
    case 'known-answers':
      return `known-answers, but for ${action.anew.join(' ')}`;
    case 'adopt':
      return `adopt ${action.treeDigest}`;
  }
};

describe('the plan of the main job', () => {
  it('has these commands', () => {
    const plan = planWith();
    const shown = plan.steps.map((step) =>
      [`${step.kind} ${step.subject}: ${step.title}`, ...step.actions.map(line)].join('\n  '),
    );
    expect(shown.join('\n\n')).toMatchSnapshot();
  });

  it('has these flags, each with its reason', () => {
    const flags = planWith().steps.flatMap((step) =>
      step.flags.map(({ flag, reason }) => `${step.kind} ${step.subject}\n  ${flag}\n    ${reason}`),
    );
    expect(flags.join('\n')).toMatchSnapshot();
  });

  it('has the environment of the children, and nothing of the caller’s', () => {
    expect(planWith().environment).toMatchSnapshot();
  });

  it('is of its schema, and lists steps after their inputs, each once', () => {
    const plan = planWith({ axes: { optimization: ['quick', 'debug', 'release'] } });
    expect(checkSchema(planSchema, JSON.parse(JSON.stringify(plan))).ok).toBe(true);
    const seen = new Set<string>();
    for (const step of plan.steps) {
      expect(seen.has(step.id)).toBe(false);
      for (const input of Object.values(step.inputs)) expect([step.id, seen.has(input)]).toEqual([step.id, true]);
      seen.add(step.id);
    }
    for (const { steps } of plan.cells) for (const id of Object.values(steps)) expect(seen.has(id)).toBe(true);
  });

  it('shares what cells have in common: two cipher strings need one AWS-LC, two cores', () => {
    const plan = planWith({ axes: { cipherString: ['ECDHE+AESGCM', 'ECDHE+CHACHA20'] } });
    const count = (kind: string, subject: string): number =>
      plan.steps.filter((step) => step.kind === kind && step.subject === subject).length;
    expect(plan.cells).toHaveLength(2);
    expect([
      count('fetch', 'awslc'),
      count('compile', 'awslc'),
      count('compile', 'core'),
      count('modules', 'crypto'),
    ]).toEqual([1, 1, 2, 2]);
  });

  it('runs up to where a command goes', () => {
    const plan = planWith();
    const kinds = (stage: Parameters<typeof selectGoals>[1]): readonly string[] =>
      selectGoals(plan, stage).map(({ kind }) => kind);
    expect(kinds('fetch')).toEqual(['unpack', 'unpack']);
    expect(kinds('build')).toEqual(['install']);
    expect(kinds('prove')).toEqual(['prove']);
    expect(kinds('test')).toEqual(['prove', 'test']);
  });

  it('says every tool that is missing at once', () => {
    const resolved = resolveRecipe({
      recipe: defaultRecipe,
      narrowed: {},
      catalogue: defaultCatalogue,
      targets: defaultTargets,
      platform: fixedHost.platform,
      crossArchs: [],
      cpuFeatures: [],
      loose: { python: new Map(), awslc: new Map() },
      named: new Map(),
    });
    if (!resolved.ok) throw new Error('the default recipe resolves');
    const tools = fixedHost.tools.filter(({ name }) => !['gcc', 'make', 'ninja'].includes(name));
    const plan = makePlan({
      resolved: resolved.value,
      host: { ...fixedHost, tools },
      assets: [],
      test: { preset: 'quick', files: [], match: [] },
      patches: [],
      tryPatches: false,
      shims: [],
      services: defaultServices,
      cpuCode: defaultCpuCode,
      packages: defaultPackages,
      cross: [],
      cpu: defaultCpu.architectures,
    });
    expect(plan).toMatchObject({
      ok: false,
      error: [{ tool: 'gcc and g++' }, { tool: 'make' }, { tool: 'ninja' }],
    });
  });

  it('takes clang where gcc is not, and native as the flags that it means here', () => {
    const clang = ['clang', 'clang++'].map((name) => ({ name, version: 'clang 14' }));
    const tools = [...fixedHost.tools.filter(({ name }) => !/^g(cc|\+\+)$/.test(name)), ...clang];
    const text = JSON.stringify(planWith({ host: { ...fixedHost, tools }, axes: { target: ['native'] } }));
    expect(text).toContain('-DCMAKE_C_COMPILER=clang');
    expect(text).toContain('-march=x86-64-v3 -mtune=generic');
    expect(text).not.toContain('=native');
  });
});

// A socket's path may have 107 bytes, and compileall's processes meet at one in TMPDIR: a store may lie deep.
it('runs what meets at a socket outside of the store', () => {
  const core = planWith().steps.find(({ kind, subject }) => kind === 'compile' && subject === 'core');
  const compileAll = core?.actions.find(
    (action) => action.do === 'exec' && action.argv.includes('-j{jobs}') && action.argv.includes('compileall'),
  );
  expect(compileAll).toMatchObject({ env: { TMPDIR: '/tmp' } });
});
