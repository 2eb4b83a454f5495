import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage, ioFailure } from '../io/failure.ts';
import { readJson } from '../io/files.ts';
import { awslcCatalogueSchema, cpythonCatalogueSchema, type Catalogue } from '../model/catalogue.ts';
import type { FailureOf } from '../model/failure.ts';
import { compareCodeUnits, type Schema } from '../model/json.ts';
import { rosterSchema, type Manifest, type Roster } from '../model/manifest.ts';
import { targetsSchema, type Recipe, type Targets } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { timingsSchema, type Timings } from '../model/timings.ts';
import type { Asset } from '../plan/draft.ts';
import { parseRecipe } from '../recipe/parse.ts';
import { parseManifest } from '../verdict/manifest.ts';

/** Where the package lies: the directory that holds `recipes/` and `src/python/`. */
export const packageDir = fileURLToPath(new URL('../..', import.meta.url));
export const recipesDir = join(packageDir, 'recipes');
/** Files that run inside the built Python. */
export const toolDir = join(packageDir, 'src', 'python');

type What = FailureOf<'file-invalid'>['what'];

const readData = async <T>(schema: Schema<T>, what: What, path: string): Promise<Result<T>> => {
  const read = await readJson(schema, path);
  if (read.ok) return read;
  const problems =
    read.error.kind === 'invalid'
      ? read.error.problems
      : [{ path: '$', message: read.error.kind === 'absent' ? 'there is no such file' : read.error.reason }];
  return fail({ code: 'file-invalid', what, file: path, problems });
};

/** Both catalogues. Failure: `file-invalid`. */
export const loadCatalogue = async (dir: string = join(recipesDir, 'catalogue')): Promise<Result<Catalogue>> => {
  const awslc = await readData(awslcCatalogueSchema, 'catalogue', join(dir, 'awslc.json'));
  if (!awslc.ok) return awslc;
  const cpython = await readData(cpythonCatalogueSchema, 'catalogue', join(dir, 'cpython.json'));
  return cpython.ok ? ok({ awslc: awslc.value, cpython: cpython.value }) : cpython;
};

/** The CPU levels. Failure: `file-invalid`. */
export const loadTargets = (): Promise<Result<Targets>> =>
  readData(targetsSchema, 'targets', join(recipesDir, 'targets.json'));

/** Names of the shipped recipes. */
export const listRecipes = async (): Promise<readonly string[]> =>
  (await readdir(recipesDir))
    .filter((name) => name.endsWith('.json') && name !== 'targets.json')
    .map((name) => basename(name, '.json'))
    .sort(compareCodeUnits);

/** A recipe by name or by file. Failures: `unknown-recipe`, `file-invalid` with every problem. */
export const loadRecipe = async (asked: string, cwd: string, targets: Targets): Promise<Result<Recipe>> => {
  const names = await listRecipes();
  const isFile = asked.includes('/') || asked.endsWith('.json');
  const file = isFile ? (isAbsolute(asked) ? asked : resolve(cwd, asked)) : join(recipesDir, `${asked}.json`);
  if (!isFile && !names.includes(asked)) return fail({ code: 'unknown-recipe', asked, known: names });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) return fail({ code: 'unknown-recipe', asked, known: names });
    const problems = [{ path: '$', message: `not JSON: ${errorMessage(error)}` }];
    return fail({ code: 'file-invalid', what: 'recipe', file: asked, problems });
  }
  const parsed = parseRecipe(value, { targets: targets.targets.map(({ name }) => name) });
  return parsed.ok ? parsed : fail({ code: 'file-invalid', what: 'recipe', file: asked, problems: parsed.error });
};

const absent = async (path: string): Promise<boolean> =>
  readFile(path).then(
    () => false,
    () => true,
  );

/** Expected results of a series; nothing when none are kept. Failure: `file-invalid`. */
export const loadManifest = async (series: string): Promise<Result<Manifest | undefined>> => {
  const path = join(recipesDir, 'manifests', `${series}.json`);
  try {
    return parseManifest(await readFile(path, 'utf8'), `recipes/manifests/${series}.json`);
  } catch {
    return ok(undefined);
  }
};

/** The cases that a plain run starts; nothing when no roster was made. Failure: `file-invalid`. */
export const loadRoster = async (version: string): Promise<Result<Roster | undefined>> => {
  const path = join(recipesDir, 'rosters', `${version}.json`);
  return (await absent(path)) ? ok(undefined) : readData(rosterSchema, 'roster', path);
};

/** Recorded times of a series; empty when none were taken. Failure: `file-invalid`. */
export const loadTimings = async (series: string): Promise<Result<Timings>> => {
  const path = join(recipesDir, 'timings', `${series}.json`);
  return (await absent(path))
    ? ok({ version: 1, python: series, classesMs: {}, casesMs: {} })
    : readData(timingsSchema, 'knowledge', path);
};

/** A file that runs inside the built Python, with its text. */
export interface LoadedAsset extends Asset {
  readonly text: string;
}

/** Every file of `src/python`, by name below it, sorted. Failure: `io-failed`. */
export const loadAssets = async (): Promise<Result<readonly LoadedAsset[]>> => {
  try {
    const found = await readdir(toolDir, { recursive: true, withFileTypes: true });
    const names = found
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
      .map((entry) => join(entry.parentPath, entry.name).slice(toolDir.length + 1))
      .sort(compareCodeUnits);
    const assets: LoadedAsset[] = [];
    for (const name of names) {
      const bytes = await readFile(join(toolDir, name));
      assets.push({
        name,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        text: bytes.toString('utf8'),
      });
    }
    return ok(assets);
  } catch (error) {
    return fail(ioFailure(error, toolDir, 'read'));
  }
};
