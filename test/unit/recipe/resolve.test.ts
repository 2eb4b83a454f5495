import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../src/model/catalogue.ts';
import type { Axes } from '../../../src/model/recipe.ts';
import type { LooseSources, PythonChoice } from '../../../src/model/source.ts';
import { isLooseSource, nameLooseSource, resolveRecipe, type ResolvedRecipe } from '../../../src/recipe/resolve.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { defaultCatalogue, defaultRecipe, defaultTargets } from '../../rig/plan-inputs.ts';

const [python] = defaultCatalogue.cpython.entries;
const [awslc] = defaultCatalogue.awslc.entries;
const series = defaultCatalogue.cpython.series.find((candidate) => candidate.series === '3.14');
if (python === undefined || awslc === undefined || series === undefined) throw new Error('the catalogue is empty');

/** Versions out of order on purpose: the newest is not the last. */
const catalogue: Catalogue = {
  awslc: {
    version: 1,
    entries: [
      ...['5.12.0', '5.9.1', '5.10.0'].map((version) => ({ ...awslc, version })),
      { ...awslc, version: 'fips-4.2.0', line: 'fips-2025' },
    ],
  },
  cpython: {
    version: 1,
    series: [
      { ...series, series: '3.14', pha: 'native' },
      { ...series, series: '3.13', pha: 'patch' },
    ],
    entries: ['3.14.10', '3.14.6', '3.14.0rc2', '3.13.9'].map((version) => ({
      ...python,
      version,
      series: version.slice(0, 4),
    })),
  },
};
const nothing: LooseSources = { python: new Map(), awslc: new Map() };
const resolve = (narrowed: Partial<Axes>, loose = nothing): ReturnType<typeof resolveRecipe> =>
  resolveRecipe({
    recipe: defaultRecipe,
    narrowed: { python: ['3.14.6'], awslc: ['5.12.0'], ...narrowed },
    catalogue,
    targets: {
      version: 1,
      targets: [
        ...defaultTargets.targets.filter(({ name }) => name === 'generic' || name === 'native'),
        { name: 'wide', description: 'a newer CPU', arch: ['x86_64'], cflags: [], cpuFeatures: ['avx2', 'avx512f'] },
        { name: 'graviton9', description: 'another machine', arch: ['aarch64'], cflags: [] },
      ],
    },
    platform: { arch: 'x86_64', libc: 'gnu' },
    crossArchs: [],
    cpuFeatures: ['avx2'],
    loose,
    named: new Map([['fips', { version: 'fips-4.2.0', why: 'a certificate names it' }]]),
  });
const resolved = (narrowed: Partial<Axes>, loose = nothing): ResolvedRecipe => {
  const result = resolve(narrowed, loose);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const failures = (narrowed: Partial<Axes>): readonly Failure[] => {
  const result = resolve(narrowed);
  return result.ok ? [] : result.error;
};

describe('a selection', () => {
  it('of a loose version is the newest of the catalogue, and says so', () => {
    const { cells, resolutions } = resolved({ python: ['3.14'], awslc: ['5'] });
    expect(cells.map(({ cell }) => [cell.python.version, cell.awslc.version])).toEqual([['3.14.10', '5.12.0']]);
    expect(resolutions).toEqual([
      { axis: 'python', asked: '3.14', got: '3.14.10', why: 'the newest in the catalogue' },
      { axis: 'awslc', asked: '5', got: '5.12.0', why: 'the newest in the catalogue' },
    ]);
  });

  it('of a FIPS AWS-LC is a FIPS cell', () => {
    expect(resolved({ awslc: ['fips-4', '5.12.0'] }).cells.map(({ cell }) => cell.awslc)).toEqual([
      { version: 'fips-4.2.0', line: 'fips-2025', fips: true },
      { version: '5.12.0', line: 'main', fips: false },
    ]);
  });

  it('of a FIPS line by name is the version that the name stands for, and says why', () => {
    const { cells, resolutions } = resolved({ awslc: ['fips'] });
    expect(cells.map(({ cell }) => [cell.awslc.version, cell.awslc.fips])).toEqual([['fips-4.2.0', true]]);
    expect(resolutions).toEqual([{ axis: 'awslc', asked: 'fips', got: 'fips-4.2.0', why: 'a certificate names it' }]);
    expect(failures({ awslc: ['fips-2019'] })).toMatchObject([{ code: 'unknown-version', asked: 'fips-2019' }]);
  });

  it('of link mode shared is for FIPS modules only, which notice when their symbols are taken over', () => {
    expect(resolved({ awslc: ['fips-4'], link: ['shared'] }).cells.map(({ cell }) => cell.link)).toEqual(['shared']);
    expect(failures({ awslc: ['fips-4', '5.12.0'], link: ['shared'] })).toMatchObject([
      { code: 'unsupported', what: 'Link mode shared with AWS-LC 5.12.0' },
    ]);
  });

  it('of an exact version is that one, a pre-release only by its whole name', () => {
    expect(resolved({ python: ['3.14.6'], awslc: ['5.9'] }).cells.map(({ cell }) => cell.awslc.version)).toEqual([
      '5.9.1',
    ]);
    expect(resolved({ python: ['3.14.0rc2'] }).cells[0]?.cell.python.version).toBe('3.14.0rc2');
    expect(resolved({ python: ['3.14.6'] }).resolutions).toEqual([]);
    // The newest that agrees most is the likeliest.
    expect(failures({ python: ['3.14.99'] })).toMatchObject([{ suggestion: '3.14.10' }]);
    expect(failures({ awslc: ['6.0.0'] })).toMatchObject([{ code: 'unknown-version' }]);
    // 3.14.1 is no beginning of 3.14.10.
    expect(failures({ python: ['3.14.1'] })).toMatchObject([{ code: 'unknown-version', asked: '3.14.1' }]);
    expect(failures({ awslc: ['5.1'] })).toMatchObject([{ code: 'unknown-version' }]);
  });

  it('that is wrong in several ways says all of them, with what is known in order', () => {
    expect(failures({ python: ['2.7', '3.14'], awslc: ['5.12.O'], target: ['genric', 'graviton9'] })).toEqual([
      expect.objectContaining({
        code: 'unknown-version',
        subject: 'CPython',
        known: ['3.13.9', '3.14.0rc2', '3.14.6', '3.14.10'],
      }),
      expect.objectContaining({
        code: 'unknown-version',
        subject: 'AWS-LC',
        suggestion: '5.12.0',
        known: ['fips-4.2.0', '5.9.1', '5.10.0', '5.12.0'],
      }),
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('Did you mean generic?') as unknown }),
      expect.objectContaining({ code: 'unsupported', what: 'Target graviton9 on this machine' }),
    ]);
  });

  it('of a target that this CPU cannot run says what it lacks', () => {
    expect(failures({ target: ['wide'] })).toEqual([
      expect.objectContaining({
        code: 'unsupported',
        what: 'Target wide on this machine',
        why: expect.stringContaining('has no avx512f:') as unknown,
      }),
    ]);
  });

  it('names each cell once, however often it is asked for', () => {
    const { cells } = resolved({
      python: ['3.14', '3.14.10', '3.14'],
      target: ['generic', 'generic'],
      link: ['static', 'static'],
      optimization: ['quick', 'debug', 'quick'],
      cipherString: ['A', 'A'],
    });
    expect(cells.map(({ cell }) => cell.optimization)).toEqual(['quick', 'debug']);
  });

  it('is every combination of its axes', () => {
    const { cells } = resolved({
      python: ['3.14.6', '3.14.10'],
      awslc: ['5.9', '5.10', '5.12'],
      optimization: ['quick', 'debug'],
    });
    const names = cells.map(({ cell }) => `${cell.python.version} ${cell.awslc.version} ${cell.optimization}`);
    expect(new Set(names).size).toBe(12);
  });

  it('of a source of one’s own takes what planning found it to be, by its content', () => {
    const own: PythonChoice = {
      version: '3.14.7',
      series,
      source: { kind: 'tree', description: 'a directory', treeDigest: 'd'.repeat(64) },
    };
    const loose: LooseSources = { python: new Map([['path:/mine', own]]), awslc: new Map() };
    const [first] = resolved({ python: ['path:/mine'] }, loose).cells;
    expect(first?.cell.python).toEqual({ version: '3.14.7', series: '3.14', tree: 'd'.repeat(64) });
    expect(JSON.stringify(first)).not.toContain('/mine');
    expect(['path:/x', 'git:u#r', '3.14', 'pathological'].map(isLooseSource)).toEqual([true, true, false, false]);
  });
});

it('names a repository without what its address may keep secret', () => {
  expect(nameLooseSource('git:https://me:secret@example.org/aws-lc.git#main')).toBe(
    'git:https://example.org/aws-lc.git#main',
  );
  expect(nameLooseSource('git:https://token@example.org/aws-lc#v5@x')).toBe('git:https://example.org/aws-lc#v5@x');
  expect(nameLooseSource('git:https://example.org/a@b#main')).toBe('git:https://example.org/a@b#main');
  expect(nameLooseSource('path:/src/me@home')).toBe('path:/src/me@home');
});
