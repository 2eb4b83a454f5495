import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Axes } from '../../../src/model/recipe.ts';
import { runnersSchema, type GithubJob } from '../../../src/model/runners.ts';
import { groupJobs, type JobsInput } from '../../../src/plan/jobs.ts';
import { nameCell } from '../../../src/plan/plan.ts';
import { resolveRecipe } from '../../../src/recipe/resolve.ts';
import { defaultCatalogue, defaultRecipe, defaultTargets } from '../../rig/plan-inputs.ts';

const runners = runnersSchema.parse(JSON.parse(readFileSync('recipes/knowledge/runners.json', 'utf8')));

const cellsOf = (axes: Partial<Axes>): JobsInput['cells'] => {
  const resolved = resolveRecipe({
    recipe: defaultRecipe,
    narrowed: axes,
    mayBeElsewhere: true,
    catalogue: defaultCatalogue,
    targets: defaultTargets,
    platform: { arch: 'x86_64', libc: 'gnu' },
    crossArchs: [],
    cpuFeatures: [],
    loose: { python: new Map(), awslc: new Map() },
    named: new Map(),
  });
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  return [...resolved.value.cells, ...resolved.value.elsewhere.map(({ choice }) => choice)].map((choice) => ({
    id: nameCell(choice.cell),
    choice,
  }));
};

const group = (axes: Partial<Axes>, more: Partial<JobsInput> = {}): ReturnType<typeof groupJobs> =>
  groupJobs({ cells: cellsOf(axes), per: 'core', runners, overrides: new Map(), ...more });

const jobsOf = (result: ReturnType<typeof groupJobs>): readonly GithubJob[] => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

describe('jobs of a matrix for GitHub Actions', () => {
  it('puts cells that share a core into one job, and keeps others apart', () => {
    const jobs = jobsOf(group({ python: ['3.13.15', '3.14.6'], awslc: ['5.11.0', '5.12.0', 'fips-4.2.0'] }));
    expect(jobs.map(({ name, count, runner }) => [name, count, runner])).toEqual([
      ['CPython 3.13.15, x86_64, generic, quick', 3, ['ubuntu-24.04']],
      ['CPython 3.14.6, x86_64, generic, quick', 3, ['ubuntu-24.04']],
    ]);
    expect(jobs[0]?.cells.split(' ')).toHaveLength(3);
    expect(jobs[0]?.args).toBe(
      jobs[0]?.cells
        .split(' ')
        .map((id) => `--cell ${id}`)
        .join(' '),
    );
  });

  it('takes cells whose AWS-LC lacks other hashes for another core, and tells the two by name', () => {
    const jobs = jobsOf(group({ python: ['3.14.6'], awslc: ['fips-2.0.15', '5.12.0'] }));
    expect(jobs).toHaveLength(2);
    expect(new Set(jobs.map(({ name }) => name)).size).toBe(2);
    expect(jobs.every(({ name, key }) => name.endsWith(`(${key.slice(-8)})`))).toBe(true);
  });

  it('gives each cell a job of its own when asked', () => {
    const jobs = jobsOf(group({ awslc: ['5.11.0', '5.12.0'] }, { per: 'cell' }));
    expect(jobs.map(({ name, count }) => [name, count])).toEqual([
      ['CPython 3.14.6, AWS-LC 5.11.0, x86_64, generic, static, quick', 1],
      ['CPython 3.14.6, AWS-LC 5.12.0, x86_64, generic, static, quick', 1],
    ]);
  });

  it('chooses runners by target, then by architecture, and takes what the caller says first', () => {
    const axes = { target: ['generic', 'x86-64-v3', 'graviton3', 'graviton4'] };
    const jobs = jobsOf(group(axes, { overrides: new Map([['graviton4', ['my-arm']]]) }));
    expect(Object.fromEntries(jobs.map(({ name, runner }) => [name.split(', ')[2], runner]))).toEqual({
      generic: ['ubuntu-24.04'],
      'x86-64-v3': ['ubuntu-24.04'],
      graviton3: ['self-hosted', 'linux', 'arm64', 'graviton3'],
      graviton4: ['my-arm'],
    });
  });

  it('has keys and ids that artifacts, caches and shells take as they are', () => {
    const jobs = jobsOf(group({ python: ['3.15.0rc1', '3.14.6'], awslc: ['fips-4.2.0'], link: ['static', 'shared'] }));
    expect(new Set(jobs.map(({ key }) => key)).size).toBe(jobs.length);
    for (const { key, cells } of jobs) {
      expect(key).toMatch(/^[\w.-]+$/);
      expect(cells).toMatch(/^[\w.+-]+(?: [\w.+-]+)*$/);
    }
  });

  it('refuses a cell that no runner is known for', () => {
    const result = group({}, { runners: { version: 1, runners: [] } });
    expect(result).toMatchObject({ ok: false, error: [{ code: 'usage' }] });
    expect(JSON.stringify(result)).toContain('No runner is known for target generic on x86_64.');
  });

  it('refuses more jobs than GitHub takes', () => {
    const [cell] = cellsOf({});
    if (cell === undefined) throw new Error('no cell');
    const cells = Array.from({ length: 257 }, (_, index) => ({ ...cell, id: `cell-${index}` }));
    expect(group({}, { cells, per: 'cell' })).toMatchObject({ ok: false, error: [{ code: 'usage' }] });
    expect(jobsOf(group({}, { cells }))).toHaveLength(1);
  });

  it('names targets that there are', () => {
    const names = defaultTargets.targets.map(({ name }) => name);
    for (const { target } of runners.runners) if (target !== undefined) expect(names).toContain(target);
  });
});
