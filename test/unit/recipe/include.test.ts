import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { certificatesSchema } from '../../../src/model/certificate.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { parseJson } from '../../../src/model/json.ts';
import type { Axes, Recipe, SomeAxes } from '../../../src/model/recipe.ts';
import type { PythonChoice } from '../../../src/model/source.ts';
import { nameFipsVersions } from '../../../src/plan/certificates.ts';
import { parseRecipe } from '../../../src/recipe/parse.ts';
import { resolveRecipe, type ResolvedRecipe } from '../../../src/recipe/resolve.ts';
import { defaultCatalogue, defaultRecipe, defaultTargets } from '../../rig/plan-inputs.ts';

const vocabulary = { targets: defaultTargets.targets.map(({ name }) => name) };
const certificates = parseJson(certificatesSchema, readFileSync('recipes/knowledge/certificates.json', 'utf8'));
if (!certificates.ok) throw new Error('no certificates');
const named = nameFipsVersions(certificates.value.certificates, defaultCatalogue.awslc.entries);

interface Changes {
  readonly narrowed?: Partial<Axes>;
  readonly mayBeElsewhere?: boolean;
  readonly python?: ReadonlyMap<string, PythonChoice>;
}
const resolve = (recipe: Recipe, changes: Changes = {}): ReturnType<typeof resolveRecipe> =>
  resolveRecipe({
    recipe,
    narrowed: changes.narrowed ?? {},
    mayBeElsewhere: changes.mayBeElsewhere ?? false,
    catalogue: defaultCatalogue,
    targets: defaultTargets,
    platform: { arch: 'x86_64', libc: 'gnu' },
    crossArchs: [],
    cpuFeatures: [],
    loose: { python: changes.python ?? new Map(), awslc: new Map() },
    named,
  });
const resolved = (recipe: Recipe, changes: Changes = {}): ResolvedRecipe => {
  const result = resolve(recipe, changes);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const refused = (recipe: Recipe, changes: Changes = {}): readonly Failure[] => {
  const result = resolve(recipe, changes);
  return result.ok ? [] : result.error;
};
const namesOf = ({ cells }: Pick<ResolvedRecipe, 'cells'>): readonly string[] =>
  cells.map(
    ({ cell }) => `${cell.python.version} ${cell.awslc.version} ${cell.target} ${cell.link} ${cell.optimization}`,
  );
const recipeWith = (more: {
  readonly include?: readonly SomeAxes[];
  readonly exclude?: readonly SomeAxes[];
}): Recipe => ({
  ...defaultRecipe,
  ...(more.include === undefined ? {} : { include: [...more.include] }),
  ...(more.exclude === undefined ? {} : { exclude: [...more.exclude] }),
});
const base = '3.14.6 5.12.0 generic static quick';

describe('a recipe that includes', () => {
  it('adds products of axes to its own, each cell once', () => {
    const include = [{ optimization: ['release' as const] }, { python: ['3.14.5', '3.14.6'], awslc: ['5.12.0'] }];
    expect(namesOf(resolved(recipeWith({ include })))).toEqual([
      base,
      '3.14.6 5.12.0 generic static release',
      '3.14.5 5.12.0 generic static quick',
    ]);
  });

  it('is narrowed by the command line, which replaces only the axes of `cells`', () => {
    const recipe = recipeWith({ include: [{ awslc: ['fips-2024', '5.11.0'] }] });
    expect(namesOf(resolved(recipe, { narrowed: { awslc: ['5.11'] } }))).toEqual([
      '3.14.6 5.11.0 generic static quick',
    ]);
    expect(namesOf(resolved(recipe, { narrowed: { python: ['3.13'] } }))).toEqual([
      '3.13.15 5.12.0 generic static quick',
      '3.13.15 fips-3.1.0 generic static quick',
      '3.13.15 5.11.0 generic static quick',
    ]);
  });
});

describe('a recipe that excludes', () => {
  it('leaves out what has one of the values on every axis that is named; series, lines and `fips` stand for many', () => {
    const include = [{ python: ['3.13', '3.14'], awslc: ['5.12.0', 'fips-2024', 'fips-2025'] }];
    const of = (...exclude: SomeAxes[]): readonly string[] =>
      namesOf(resolved(recipeWith({ include, exclude }))).map((name) => name.split(' ').slice(0, 2).join(' '));
    expect(of({ python: ['3.13'] })).toEqual(['3.14.6 5.12.0', '3.14.6 fips-3.1.0', '3.14.6 fips-4.2.0']);
    expect(of({ python: ['3.13'], awslc: ['fips'] })).toHaveLength(4);
    expect(of({ awslc: ['fips-2025', 'main'] })).toEqual(['3.13.15 fips-3.1.0', '3.14.6 fips-3.1.0']);
    expect(of({ awslc: ['fips-3'] }, { awslc: ['5'] })).toEqual(['3.13.15 fips-4.2.0', '3.14.6 fips-4.2.0']);
  });

  it('must leave something out, and something in', () => {
    expect(refused(recipeWith({ exclude: [{ python: ['3.9'] }] }))).toMatchObject([
      { code: 'usage', message: expect.stringContaining('exclude[0] leaves no cell out') as unknown },
    ]);
    // What the command line takes away is not the recipe's fault.
    const recipe = recipeWith({ include: [{ python: ['3.13'] }], exclude: [{ python: ['3.13'] }] });
    expect(namesOf(resolved(recipe, { narrowed: { python: ['3.14'] } }))).toEqual([base]);
    expect(refused(recipe, { narrowed: { python: ['3.13'] } })).toMatchObject([
      { code: 'usage', message: expect.stringContaining('no cell is left') as unknown },
    ]);
  });

  it('names what is wrong by its place', () => {
    const wrong = {
      ...defaultRecipe,
      include: [{ target: ['genric'] }, {}],
      exclude: [{ pyhton: ['3.9'], awslc: ['5'] }],
    };
    const parsed = parseRecipe(wrong, vocabulary);
    expect(parsed.ok ? [] : parsed.error.map(({ path, suggestion }) => [path, suggestion])).toEqual([
      ['$.include[1]', undefined],
      ['$.exclude[0].pyhton', 'python'],
    ]);
    const targets = parseRecipe({ ...defaultRecipe, include: [{ target: ['genric'] }] }, vocabulary);
    expect(targets.ok ? [] : targets.error).toMatchObject([{ path: '$.include[0].target[0]', suggestion: 'generic' }]);
  });
});

describe('cells of other machines', () => {
  const recipe = recipeWith({ include: [{ target: ['graviton3', 'x86-64-v4'] }, { link: ['shared'] }] });

  it('are failures, each said', () => {
    expect(refused(recipe)).toMatchObject([
      { code: 'unsupported', what: 'Target graviton3 on this machine' },
      { code: 'unsupported', what: 'Target x86-64-v4 on this machine' },
      { code: 'unsupported', what: 'Link mode shared with AWS-LC 5.12.0' },
    ]);
  });

  it('are told apart where they may be asked for; what is wrong anywhere stays a failure', () => {
    const { cells, elsewhere } = resolved(recipe, { mayBeElsewhere: true });
    expect([cells.length, elsewhere.map(({ choice, failure }) => [choice.cell.target, failure.code])]).toEqual([
      1,
      [
        ['graviton3', 'unsupported'],
        ['x86-64-v4', 'unsupported'],
        ['generic', 'unsupported'],
      ],
    ]);
    expect(elsewhere[0]?.choice.cell.platform.arch).toBe('aarch64');
    expect(refused(recipe, { mayBeElsewhere: true, narrowed: { awslc: ['5.99'] } })).toMatchObject([
      { code: 'unknown-version' },
    ]);
  });
});

describe('the shipped recipes', () => {
  const load = (name: string): Recipe => {
    const parsed = parseRecipe(JSON.parse(readFileSync(`recipes/${name}.json`, 'utf8')), vocabulary);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    return parsed.value;
  };
  const series = ['3.9', '3.11', '3.13', '3.14', '3.15'];

  it('pr has every series that the catalogue has, once, also on a tree of one’s own', () => {
    const { cells } = resolved(load('pr'));
    expect(cells.map(({ cell }) => cell.python.series)).toEqual(series);
    expect([...new Set(defaultCatalogue.cpython.entries.map((entry) => entry.series))].sort()).toEqual(
      [...series].sort(),
    );
    expect(new Set(cells.map(({ cell }) => cell.awslc.version)).size).toBe(1);
  });

  it('nightly has every line on each series that goes with it', () => {
    const { cells, elsewhere } = resolved(load('nightly'), { mayBeElsewhere: true });
    const linesOf = (name: string): readonly string[] => [
      ...new Set(cells.flatMap(({ cell }) => (cell.python.series === name ? [cell.awslc.line] : []))),
    ];
    expect(linesOf('3.9')).toEqual(['main', 'fips-2022']);
    for (const name of series.slice(1)) expect(linesOf(name)).toEqual(['main', 'fips-2024', 'fips-2025']);
    expect(cells.filter(({ cell }) => cell.link === 'shared').map(({ cell }) => cell.awslc.fips)).toEqual([true]);
    expect(cells.filter(({ cell }) => cell.optimization === 'release')).toHaveLength(1);
    expect(elsewhere.map(({ choice }) => choice.cell.target)).toEqual(['x86-64-v3', 'graviton3']);
  });

  it('release is release builds only', () => {
    const { cells } = resolved(load('release'), { mayBeElsewhere: true });
    expect(new Set(cells.map(({ cell }) => cell.optimization))).toEqual(new Set(['release']));
    expect(cells.filter(({ cell }) => cell.awslc.fips).map(({ cell }) => cell.python.series)).toEqual(['3.13', '3.14']);
  });
});
