import type { Problem } from '../model/failure.ts';
import { jsonPath } from '../model/json.ts';
import {
  axesSchema,
  linkSchema,
  optimizationSchema,
  presetSchema,
  recipeSchema,
  type Recipe,
  type SomeAxes,
} from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { findCipherProblem } from './cipher.ts';
import { suggestWord } from '../model/suggest.ts';

/** Words that are allowed where a recipe may be wrong, to suggest from. */
const allowedWords: Readonly<Record<string, readonly string[]>> = {
  $: Object.keys(recipeSchema.shape),
  '$.cells': Object.keys(axesSchema.shape),
  '$.include': Object.keys(axesSchema.shape),
  '$.exclude': Object.keys(axesSchema.shape),
  '$.test': ['preset'],
  '$.cells.link': linkSchema.options,
  '$.cells.optimization': optimizationSchema.options,
  '$.test.preset': presetSchema.options,
};

const withSuggestion = (path: string, message: string, asked: unknown, words: readonly string[]): Problem => {
  const suggestion = typeof asked === 'string' ? suggestWord(asked, words) : undefined;
  // A right word in the wrong place, as text where a list is wanted, is not what to suggest.
  return { path, message, ...(suggestion === undefined || suggestion === asked ? {} : { suggestion }) };
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && key in at ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/** The target names that a recipe may use. */
export interface RecipeVocabulary {
  readonly targets: readonly string[];
}

const checkAxes = (axes: SomeAxes, at: string, { targets }: RecipeVocabulary): Problem[] => [
  ...(axes.target ?? []).flatMap((target, index) =>
    targets.includes(target) ? [] : [withSuggestion(`${at}.target[${index}]`, `no target ${target}`, target, targets)],
  ),
  ...(axes.cipherString ?? []).flatMap((cipherString, index) => {
    const message = findCipherProblem(cipherString);
    return message === undefined ? [] : [{ path: `${at}.cipherString[${index}]`, message }];
  }),
];

/** Rules that a shape cannot say; each problem has the path of what is wrong. */
const checkMeaning = (recipe: Recipe, vocabulary: RecipeVocabulary): Problem[] => [
  ...checkAxes(recipe.cells, '$.cells', vocabulary),
  ...(['include', 'exclude'] as const).flatMap((name) =>
    (recipe[name] ?? []).flatMap((axes, index) => checkAxes(axes, `$.${name}[${index}]`, vocabulary)),
  ),
];

/** Checks a recipe's parsed JSON: every problem at once, each with its JSON path and, where one is close, a suggestion. */
export const parseRecipe = (value: unknown, vocabulary: RecipeVocabulary): Result<Recipe, readonly Problem[]> => {
  const parsed = recipeSchema.safeParse(value);
  if (!parsed.success) {
    return fail(
      parsed.error.issues.flatMap((issue): Problem[] => {
        const path = jsonPath(issue.path);
        const words = allowedWords[path.replace(/\[\d+\]$/, '')] ?? [];
        if (issue.code === 'unrecognized_keys') {
          return issue.keys.map((key) =>
            withSuggestion(jsonPath([...issue.path, key]), `no such member: ${key}`, key, words),
          );
        }
        return [withSuggestion(path, issue.message, valueAt(value, issue.path), words)];
      }),
    );
  }
  const problems = checkMeaning(parsed.data, vocabulary);
  return problems.length === 0 ? ok(parsed.data) : fail(problems);
};
