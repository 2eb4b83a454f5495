import { lineSchema } from '../model/catalogue.ts';
import type { Problem } from '../model/failure.ts';
import { canonicalJson, parseJson } from '../model/json.ts';
import {
  entryIdsSchema,
  environmentFileSchema,
  manifestSchema,
  type EnvironmentClass,
  type Manifest,
  type ManifestEntry,
  type When,
} from '../model/manifest.ts';
import { linkSchema, optimizationSchema } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { suggestWord } from '../model/suggest.ts';
import { conditionsOverlap } from './conditions.ts';
import { patternsOverlap } from './patterns.ts';
import { parseRange, rangesOverlap } from './ranges.ts';

/** Names that a manifest may use, from the catalogue: what is not in them is probably misspelt. */
export interface KnownNames {
  readonly hashes: readonly string[];
  readonly functions: readonly string[];
  readonly groups: readonly string[];
  readonly macros: readonly string[];
}

const resources =
  'audio console cpu curses decimal gui largefile network subprocess tzdata urlfetch walltime xpickle'.split(' ');
const listConditions: Partial<Record<keyof When, readonly string[]>> = {
  line: lineSchema.options,
  link: linkSchema.options,
  optimization: optimizationSchema.options,
  libc: ['gnu', 'musl'],
  system: ['linux'],
};

const unknownName = (path: string, what: string, name: string, known: readonly string[]): Problem => {
  const suggestion = suggestWord(name, known);
  return {
    path,
    message: `unknown ${what} ${JSON.stringify(name)}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
};

const checkRange = (path: string, text: string, series?: string): readonly Problem[] => {
  const range = parseRange(text);
  if (!range.ok) return [{ path, message: range.error }];
  const ofSeries = series === undefined ? undefined : parseRange(`>=${series}.0a0 <${series}.9999`);
  if (ofSeries?.ok === true && !rangesOverlap(range.value, ofSeries.value)) {
    return [{ path, message: `no version of series ${String(series)} is in ${JSON.stringify(text)}` }];
  }
  return [];
};

const capabilityKinds = ['hash', 'hmac', 'group', 'function', 'macro'] as const;
const namesOfKind: Readonly<Record<(typeof capabilityKinds)[number], keyof KnownNames>> = {
  hash: 'hashes',
  hmac: 'hashes',
  group: 'groups',
  function: 'functions',
  macro: 'macros',
};

const checkCapability = (path: string, name: string, known: KnownNames | undefined): readonly Problem[] => {
  const [kind, subject] = name.split(/:(.*)/s);
  const simple = ['pha', 'pskTls13', 'pskWithoutCertificate'];
  if (subject === undefined) {
    return simple.includes(name)
      ? []
      : [unknownName(path, 'capability', name, [...simple, ...capabilityKinds.map((known) => `${known}:`)])];
  }
  const capabilityKind = capabilityKinds.find((candidate) => candidate === kind);
  if (capabilityKind === undefined) {
    const suggestion = suggestWord(kind ?? '', capabilityKinds);
    const problem = { path, message: `unknown capability ${JSON.stringify(name)}` };
    return [suggestion === undefined ? problem : { ...problem, suggestion: `${suggestion}:${subject}` }];
  }
  const names = known?.[namesOfKind[capabilityKind]];
  return names === undefined || names.includes(subject) ? [] : [unknownName(path, capabilityKind, subject, names)];
};

const checkWhen = (
  path: string,
  when: When | undefined,
  series: string | undefined,
  known?: KnownNames,
): readonly Problem[] => {
  if (when === undefined) return [];
  const problems: Problem[] = [];
  if (when.python !== undefined) problems.push(...checkRange(`${path}.python`, when.python, series));
  if (when.awslc !== undefined) problems.push(...checkRange(`${path}.awslc`, when.awslc));
  for (const name of Object.keys(when.capability ?? {})) {
    problems.push(...checkCapability(`${path}.capability[${JSON.stringify(name)}]`, name, known));
  }
  for (const key of ['line', 'link', 'arch', 'libc', 'system', 'optimization'] as const) {
    const values = when[key];
    if (values?.length === 0) problems.push({ path: `${path}.${key}`, message: 'an empty list never holds' });
    const allowed = listConditions[key];
    for (const [index, value] of (values ?? []).entries()) {
      if (allowed !== undefined && !allowed.includes(value)) {
        problems.push(unknownName(`${path}.${key}[${index}]`, key, value, allowed));
      }
    }
  }
  for (const key of ['resourceEnabled', 'resourceMissing'] as const) {
    const name = when[key];
    if (name !== undefined && !resources.includes(name)) {
      problems.push(unknownName(`${path}.${key}`, 'regrtest resource', name, resources));
    }
  }
  return problems;
};

const checkPattern = (path: string, pattern: string): readonly Problem[] => {
  try {
    // A class that explains a skip without a reason explains every skip.
    return new RegExp(pattern).test('')
      ? [{ path, message: 'matches every reason: anchor it to what it explains' }]
      : [];
  } catch (error) {
    return [{ path, message: `not a regular expression: ${error instanceof Error ? error.message : String(error)}` }];
  }
};

/** Two entries that cannot both be meant: the same twice, or contradicting expectations of one case at once. */
const checkPair = (first: ManifestEntry, second: ManifestEntry, firstPath: string): string | undefined => {
  const isSame =
    first.id === second.id &&
    first.expect === second.expect &&
    first.match === second.match &&
    canonicalJson(first.when ?? {}) === canonicalJson(second.when ?? {});
  if (isSame) return `the same entry as ${firstPath}`;
  if (first.expect === second.expect || !patternsOverlap(first.id, second.id)) return undefined;
  if (!conditionsOverlap(first.when, second.when)) return undefined;
  return `expects ${second.expect}, but ${firstPath} (${first.id}) expects ${first.expect} of the same case under the same conditions`;
};

/** Checks classes: of one series, or shared by all. `shared` are those that a manifest's own come beside. */
const checkClasses = (
  classes: readonly EnvironmentClass[],
  shared: readonly EnvironmentClass[],
  series: string | undefined,
  known: KnownNames | undefined,
): readonly Problem[] => {
  const problems: Problem[] = [];
  const names = new Map(shared.map(({ name }) => [name, 'a shared class (recipes/manifests/environment.json)']));
  for (const [index, environmentClass] of classes.entries()) {
    const path = `$.environment[${index}]`;
    const earlier = names.get(environmentClass.name);
    if (earlier !== undefined) problems.push({ path: `${path}.name`, message: `the same name as ${earlier}` });
    names.set(environmentClass.name, path);
    problems.push(...checkPattern(`${path}.pattern`, environmentClass.pattern));
    problems.push(...checkWhen(`${path}.when`, environmentClass.when, series, known));
  }
  return problems;
};

/**
 * Checks what the schema cannot: all problems at once, each with its JSON path. Empty when there is none. `shared` are the
 * classes that every series has, where the manifest does not hold them itself.
 */
export const checkManifest = (
  manifest: Manifest,
  known?: KnownNames,
  shared: readonly EnvironmentClass[] = [],
): readonly Problem[] => {
  const problems: Problem[] = [...checkClasses(manifest.environment, shared, manifest.series, known)];
  for (const [index, entry] of manifest.entries.entries()) {
    const path = `$.entries[${index}]`;
    problems.push(...checkWhen(`${path}.when`, entry.when, manifest.series, known));
    for (const [earlier, other] of manifest.entries.slice(0, index).entries()) {
      const message = checkPair(other, entry, `$.entries[${earlier}]`);
      if (message !== undefined) problems.push({ path, message });
    }
  }
  return problems;
};

/** Reads the classes that every series has. Failures: `file-invalid` (`file` is named in it). */
export const parseEnvironment = (
  text: string,
  file: string,
  known?: KnownNames,
): Result<readonly EnvironmentClass[]> => {
  const parsed = parseJson(environmentFileSchema, text);
  const problems = parsed.ok ? checkClasses(parsed.value.environment, [], undefined, known) : parsed.error;
  if (!parsed.ok || problems.length > 0) return fail({ code: 'file-invalid', what: 'manifest', file, problems });
  return ok(parsed.value.environment);
};

/** A list's index says little to whoever looks for the entry in the file: its id is added. */
const nameEntries = (problems: readonly Problem[], text: string): readonly Problem[] => {
  const ids = parseJson(entryIdsSchema, text);
  if (!ids.ok) return problems;
  return problems.map((problem) => {
    const [, index] = /^\$\.entries\[(\d+)\]/.exec(problem.path) ?? [];
    const id = index === undefined ? undefined : ids.value.entries[Number(index)]?.id;
    return id === undefined ? problem : { ...problem, message: `${id}: ${problem.message}` };
  });
};

/**
 * Reads a manifest from its text: syntax, schema and everything that `checkManifest` checks. What comes back has the shared
 * classes after its own. Failures: `file-invalid` (`file` is named in it).
 */
export const parseManifest = (
  text: string,
  file: string,
  shared: readonly EnvironmentClass[],
  known?: KnownNames,
): Result<Manifest> => {
  const parsed = parseJson(manifestSchema, text);
  const problems = parsed.ok ? checkManifest(parsed.value, known, shared) : nameEntries(parsed.error, text);
  if (!parsed.ok || problems.length > 0) return fail({ code: 'file-invalid', what: 'manifest', file, problems });
  return ok({ ...parsed.value, environment: [...parsed.value.environment, ...shared] });
};
