import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findCipherProblem } from '../../../src/recipe/cipher.ts';
import { parseRecipe } from '../../../src/recipe/parse.ts';
import { suggestWord } from '../../../src/model/suggest.ts';
import { defaultRecipe, defaultTargets } from '../../rig/plan-inputs.ts';

const vocabulary = { targets: defaultTargets.targets.map(({ name }) => name) };
const problems = (value: unknown): readonly (readonly [string, string, string | undefined])[] => {
  const parsed = parseRecipe(value, vocabulary);
  return parsed.ok ? [] : parsed.error.map(({ path, message, suggestion }) => [path, message, suggestion] as const);
};

describe('a recipe', () => {
  it('of this tool is right, each one', () => {
    const files = readdirSync('recipes').filter(
      (name) => name.endsWith('.json') && !['targets.json', 'packages.json'].includes(name),
    );
    expect(files).toContain('default.json');
    for (const name of files) {
      expect([name, problems(JSON.parse(readFileSync(`recipes/${name}`, 'utf8')))]).toEqual([name, []]);
    }
  });

  it('with a wrong shape: every problem, its path, and a suggestion where one is close', () => {
    const bad = {
      ...defaultRecipe,
      version: 2,
      nmae: 'x',
      cells: {
        ...defaultRecipe.cells,
        optimisation: ['quick'],
        optimization: ['quik'],
        link: 'static',
        python: [3.14],
      },
      test: { preset: 'all' },
    };
    const found = problems(bad).map(([path, , suggestion]) => [path, suggestion]);
    expect(found.sort()).toEqual(
      [
        ['$.version', undefined],
        ['$.nmae', 'name'],
        ['$.cells.optimisation', 'optimization'],
        ['$.cells.optimization[0]', 'quick'],
        ['$.cells.link', undefined],
        ['$.cells.python[0]', undefined],
        ['$.test.preset', undefined],
      ].sort(),
    );
  });

  it('with wrong words: each has its place', () => {
    const cells = {
      ...defaultRecipe.cells,
      target: ['generic', 'natve'],
      cipherString: ['DEFAULT@SECLEVEL=2', 'ECDHE+AESGCM', 'openssl', 'python', 'a"b'],
    };
    expect(problems({ ...defaultRecipe, cells }).map(([path, , suggestion]) => [path, suggestion])).toEqual([
      ['$.cells.target[1]', 'native'],
      ['$.cells.cipherString[0]', undefined],
      ['$.cells.cipherString[2]', undefined],
      ['$.cells.cipherString[3]', undefined],
      ['$.cells.cipherString[4]', undefined],
    ]);
  });

  it('that is no object has one problem', () => {
    for (const value of [null, 1, 'text', []]) expect(problems(value).map(([path]) => path)).toEqual(['$']);
  });
});

describe('a cipher string', () => {
  it('is refused when AWS-LC refuses it, or when it gives up the floor', () => {
    for (const bad of ['', 'X@SECLEVEL=2', 'x@seclevel=1', 'openssl', 'PYTHON', 'a\\b', 'a"b', 'ä', 'a\nb']) {
      expect([bad, findCipherProblem(bad)]).toEqual([bad, expect.any(String)]);
    }
    for (const good of defaultRecipe.cells.cipherString) expect(findCipherProblem(good)).toBeUndefined();
  });
});

describe('a suggestion', () => {
  it('is the closest word, if it is close', () => {
    expect(suggestWord('genric', ['native', 'generic'])).toBe('generic');
    expect(suggestWord('GENERIC', ['generic'])).toBe('generic');
    expect(suggestWord('x', ['generic', 'native'])).toBeUndefined();
    expect(suggestWord('anything', [])).toBeUndefined();
  });
});
