import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage, ioFailure } from '../io/failure.ts';
import { readJson } from '../io/files.ts';
import { awslcCatalogueSchema, cpythonCatalogueSchema, type Catalogue } from '../model/catalogue.ts';
import { certificatesSchema, type Certificates } from '../model/certificate.ts';
import { cpuCodeSchema, type CpuCode } from '../model/cpu-code.ts';
import { cpuKnowledgeSchema, verifiedSchema, type CpuKnowledge, type Verified } from '../model/cpu.ts';
import type { FailureOf } from '../model/failure.ts';
import { fipsServicesSchema, type FipsServices } from '../model/fips-services.ts';
import { compareCodeUnits, type Schema } from '../model/json.ts';
import { rosterSchema, type EnvironmentClass, type Manifest, type Roster } from '../model/manifest.ts';
import { packagesName, packagesSchema, type Packages } from '../model/packages.ts';
import { patchSeriesSchema, type LoadedPatch } from '../model/patch.ts';
import { shimsSchema, type LoadedShim, type LoadedShims } from '../model/shim.ts';
import { runnersSchema, type Runners } from '../model/runners.ts';
import { targetsSchema, type Recipe, type Targets } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { timingsSchema, type Timings } from '../model/timings.ts';
import { compareVersions, isOfVersion } from '../model/version.ts';
import type { Asset } from '../plan/draft.ts';
import { parseRecipe } from '../recipe/parse.ts';
import { parseEnvironment, parseManifest } from '../verdict/manifest.ts';

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

/** What NIST says of AWS-LC modules. Failure: `file-invalid`. */
export const loadCertificates = (
  path: string = join(recipesDir, 'knowledge', 'certificates.json'),
): Promise<Result<Certificates>> => readData(certificatesSchema, 'knowledge', path);

/** Which services of AWS-LC's FIPS modules are approved. Failure: `file-invalid`. */
export const loadFipsServices = (): Promise<Result<FipsServices>> =>
  readData(fipsServicesSchema, 'knowledge', join(recipesDir, 'knowledge', 'fips-services.json'));

/** Which CPU-specific code each AWS-LC has. Failure: `file-invalid`. */
export const loadCpuCode = (): Promise<Result<CpuCode>> =>
  readData(cpuCodeSchema, 'knowledge', join(recipesDir, 'knowledge', 'cpu-code.json'));

/** How AWS-LC chooses code by the CPU. Failure: `file-invalid`. */
export const loadCpuKnowledge = (): Promise<Result<CpuKnowledge>> =>
  readData(cpuKnowledgeSchema, 'knowledge', join(recipesDir, 'knowledge', 'cpu-paths.json'));

/** Which code of AWS-LC is formally verified. Failure: `file-invalid`. */
export const loadVerified = (): Promise<Result<Verified>> =>
  readData(verifiedSchema, 'knowledge', join(recipesDir, 'knowledge', 'verified.json'));

/** Which runners of GitHub Actions a cell can run on. Failure: `file-invalid`. */
export const loadRunners = (): Promise<Result<Runners>> =>
  readData(runnersSchema, 'knowledge', join(recipesDir, 'knowledge', 'runners.json'));

/** Where patches and shims lie. */
export const patchesDir = join(packageDir, 'patches');

/** The text of a file that must have a digest. */
const readDigested = async (path: string, expected: string, origin: string): Promise<Result<string>> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    return fail(ioFailure(error, path, 'read'));
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected) return ok(bytes.toString('utf8'));
  return fail({ code: 'digest-mismatch', subject: basename(path), origin, expected, found });
};

/** Every shim with its header's text, whose digest must be the one that `shims.json` states. Failures: `file-invalid`, `digest-mismatch`. */
export const loadShims = async (dir: string = join(patchesDir, 'shims')): Promise<Result<LoadedShims>> => {
  const read = await readData(shimsSchema, 'shims', join(dir, 'shims.json'));
  if (!read.ok) return read;
  const shims: LoadedShim[] = [];
  for (const shim of read.value.shims) {
    const text = await readDigested(join(dir, shim.header), shim.sha256, 'patches/shims');
    if (!text.ok) return text;
    shims.push({ ...shim, text: text.value });
  }
  return ok({ shims, unsupported: read.value.unsupported });
};

/** Every patch of every series with its text, whose digest must be the one that `series.json` states. Failures: `file-invalid`, `digest-mismatch`. */
export const loadPatches = async (dir: string = patchesDir): Promise<Result<readonly LoadedPatch[]>> => {
  const patches: LoadedPatch[] = [];
  const names = (await readdir(dir)).filter((name) => /^\d+\.\d+$/.test(name)).sort(compareVersions);
  for (const name of names) {
    const read = await readData(patchSeriesSchema, 'patches', join(dir, name, 'series.json'));
    if (!read.ok) return read;
    for (const patch of read.value.patches) {
      const text = await readDigested(join(dir, name, patch.file), patch.sha256, `patches/${name}`);
      if (!text.ok) return text;
      patches.push({ ...patch, series: name, text: text.value });
    }
  }
  return ok(patches);
};

/** The CPU levels. Failure: `file-invalid`. */
export const loadTargets = (): Promise<Result<Targets>> =>
  readData(targetsSchema, 'targets', join(recipesDir, 'targets.json'));

/** Names of the shipped recipes. */
export const listRecipes = async (): Promise<readonly string[]> =>
  (await readdir(recipesDir))
    .filter((name) => name.endsWith('.json') && !['targets.json', 'packages.json'].includes(name))
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

/** Series that have a file in a directory of `recipes/`, oldest first. */
const listSeries = async (dir: 'manifests' | 'timings'): Promise<readonly string[]> =>
  (await readdir(join(recipesDir, dir)))
    .flatMap((name) => /^(\d+\.\d+)\.json$/.exec(name)?.[1] ?? [])
    .sort(compareVersions);

/** A series itself where it has a file, else the newest one below that has. */
const findSeries = async (dir: 'manifests' | 'timings', series: string): Promise<string | undefined> =>
  (await listSeries(dir)).findLast((known) => compareVersions(known, series) <= 0);

const readManifestFile = async (name: string): Promise<Result<string>> => {
  const path = join(recipesDir, 'manifests', name);
  try {
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    return fail(ioFailure(error, path, 'read'));
  }
};

/** Series that have expected results of their own, oldest first. */
export const listManifestSeries = (): Promise<readonly string[]> => listSeries('manifests');

/** The series whose manifest judges a series: itself, or the newest one below that has one. */
export const findManifestSeries = (series: string): Promise<string | undefined> => findSeries('manifests', series);

/** Classes of skips that every series has. Failures: `file-invalid`, `io-failed`. */
export const loadEnvironment = async (): Promise<Result<readonly EnvironmentClass[]>> => {
  const name = 'environment.json';
  const text = await readManifestFile(name);
  return text.ok ? parseEnvironment(text.value, `recipes/manifests/${name}`) : text;
};

/**
 * Expected results of a series, with the classes that every series has: its own, else those of the newest series below
 * that has any (`series` in it says which); nothing when there is none. Failures: `file-invalid`, `io-failed`.
 */
export const loadManifest = async (series: string): Promise<Result<Manifest | undefined>> => {
  const found = await findSeries('manifests', series);
  if (found === undefined) return ok(undefined);
  const shared = await loadEnvironment();
  if (!shared.ok) return shared;
  const text = await readManifestFile(`${found}.json`);
  return text.ok ? parseManifest(text.value, `recipes/manifests/${found}.json`, shared.value) : text;
};

/** The cases that a plain run starts; nothing when no roster was made. Failure: `file-invalid`. */
export const loadRoster = async (version: string): Promise<Result<Roster | undefined>> => {
  const path = join(recipesDir, 'rosters', `${version}.json`);
  return (await absent(path)) ? ok(undefined) : readData(rosterSchema, 'roster', path);
};

/** Every roster of a series' versions, oldest first. Failure: `file-invalid`. */
export const loadRostersOf = async (series: string): Promise<Result<readonly Roster[]>> => {
  const versions = (await readdir(join(recipesDir, 'rosters')))
    .flatMap((name) => (name.endsWith('.json') ? [basename(name, '.json')] : []))
    .filter((version) => isOfVersion(version, series))
    .sort(compareVersions);
  const rosters: Roster[] = [];
  for (const version of versions) {
    const roster = await loadRoster(version);
    if (!roster.ok) return roster;
    if (roster.value !== undefined) rosters.push(roster.value);
  }
  return ok(rosters);
};

/** The packages of the preset `packages`, and their wheels. Failure: `file-invalid`. */
export const loadPackages = (): Promise<Result<Packages>> =>
  readData(packagesSchema, 'packages', join(recipesDir, 'packages.json'));

/** Expected results of the package checks: no class of CPython's own suites is theirs. Failures: `file-invalid`, `io-failed`. */
export const loadPackagesManifest = async (): Promise<Result<Manifest>> => {
  const text = await readManifestFile(`${packagesName}.json`);
  return text.ok ? parseManifest(text.value, `recipes/manifests/${packagesName}.json`, []) : text;
};

/** Recorded times of a series, or of the newest one below that has any; empty when none has. Failure: `file-invalid`. */
export const loadTimings = async (series: string): Promise<Result<Timings>> => {
  const found = await findSeries('timings', series);
  return found === undefined
    ? ok({ version: 1, python: series, classesMs: {}, casesMs: {} })
    : readData(timingsSchema, 'knowledge', join(recipesDir, 'timings', `${found}.json`));
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
