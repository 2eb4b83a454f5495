import type { Cell } from '../model/cell.ts';
import { namesOf, type CpuArchitecture, type CpuCandidate, type Verified } from '../model/cpu.ts';
import type { CpuPath, CpuReport } from '../model/cpu-report.ts';
import { compareVersions } from '../model/version.ts';

/** What a proof found: AWS-LC's words as `0x…`, null when they cannot be read, and names in the object. */
export interface CpuFindings {
  readonly words: readonly string[] | null;
  readonly wordsSource: string;
  readonly symbols: readonly string[];
}

/** Names of the features that AWS-LC's words have, in the order of the rules. */
export const decodeWords = (words: readonly string[], architecture: CpuArchitecture): ReadonlySet<string> => {
  const numbers = words.map(Number);
  const isSet = ({ word, bit }: { readonly word: number; readonly bit: number }): boolean =>
    (((numbers[word] ?? 0) >>> bit) & 1) === 1;
  return new Set(architecture.features.filter(({ bits }) => bits.every(isSet)).map(({ name }) => name));
};

/** Every name that a rule looks for in the object. */
export const namesToLookFor = ({ primitives }: CpuArchitecture): readonly string[] => [
  ...new Set(
    primitives.flatMap(({ candidates }) =>
      candidates.flatMap(({ symbols, without }) => [...symbols, ...(without ?? [])]),
    ),
  ),
];

/** Whether a rule or a statement is of this AWS-LC version. */
const isOfVersion = ({ awslc }: Pick<CpuCandidate, 'awslc'>, { version, line }: Cell['awslc']): boolean =>
  awslc?.some(
    (range) =>
      range.line === line &&
      (range.from === undefined || compareVersions(version, range.from) >= 0) &&
      (range.below === undefined || compareVersions(version, range.below) < 0),
  ) ?? true;

const applies = (candidate: CpuCandidate, features: ReadonlySet<string>): boolean =>
  candidate.needs.every((term) => namesOf(term).some((name) => features.has(name))) &&
  (candidate.lacks === undefined || !candidate.lacks.every((name) => features.has(name)));

const describeRule = ({ needs, lacks }: CpuCandidate): string =>
  [
    ...(needs.length === 0 ? [] : [needs.map((term) => namesOf(term).join(' or ')).join(', ')]),
    ...(lacks === undefined ? [] : [`not all of ${lacks.join(', ')}`]),
  ].join('; ') || 'nothing more';

const findPath = (
  { name: primitive, usedBy, candidates }: CpuArchitecture['primitives'][number],
  awslc: Cell['awslc'],
  { symbols, wordsSource }: CpuFindings,
  features: ReadonlySet<string> | undefined,
): CpuPath => {
  const unknown = (reason: string): CpuPath => ({ primitive, usedBy, path: null, reason });
  if (features === undefined) return unknown(`AWS-LC's words are not known: ${wordsSource}`);
  if (symbols.length === 0) return unknown('the object names none of the code that the rules choose among');
  const present = new Set(symbols);
  for (const candidate of candidates) {
    if (!isOfVersion(candidate, awslc) || !applies(candidate, features)) continue;
    const symbol = candidate.symbols.find((name) => present.has(name));
    // Code that was not compiled is not asked for either: AWS-LC leaves both out together.
    if (symbol === undefined && candidate.symbols.length > 0) continue;
    if (candidate.without?.some((name) => present.has(name)) === true) continue;
    return {
      primitive,
      usedBy,
      path: candidate.path,
      ...(symbol === undefined ? {} : { symbol }),
      rule: `${candidate.source} (asks for ${describeRule(candidate)})`,
      reason: `words ${wordsSource}; ${symbol === undefined ? 'no name of other code is in the object' : `${symbol} is in the object`}`,
    };
  }
  return unknown('the object names no code for it that the rules know');
};

const findVerified = (
  path: CpuPath,
  { awslc, platform }: Pick<Cell, 'awslc' | 'platform'>,
  verified: Verified,
): Pick<CpuPath, 'verified'> => {
  const entry = verified.entries.find(
    (candidate) =>
      candidate.primitive === path.primitive &&
      candidate.arch === platform.arch &&
      isOfVersion(candidate, awslc) &&
      path.path !== null &&
      candidate.paths.includes(path.path),
  );
  if (entry === undefined) return {};
  const { answer, functions, tool, caveats, source, note } = entry;
  return { verified: { answer, functions, tool, caveats, source, ...(note === undefined ? {} : { note }) } };
};

/**
 * Which implementation each primitive takes, by AWS-LC's rules, its words about the CPU, and what was compiled; and what of
 * that is formally verified. What does not follow from these is not known, and says why.
 */
export const describeCpu = (
  id: string,
  { awslc, platform }: Pick<Cell, 'awslc' | 'platform'>,
  { masked, emulated }: { readonly masked: readonly string[]; readonly emulated: boolean },
  findings: CpuFindings,
  architecture: CpuArchitecture,
  verified: Verified,
): CpuReport => {
  const features = findings.words === null ? undefined : decodeWords(findings.words, architecture);
  return {
    cell: id,
    awslc: awslc.version,
    arch: platform.arch,
    masked: [...masked],
    emulated,
    words: findings.words === null ? null : [...findings.words],
    wordsSource: findings.wordsSource,
    features:
      features === undefined
        ? []
        : architecture.features.map(({ name, title }) => ({ name, title, present: features.has(name) })),
    paths: architecture.primitives.map((primitive) => {
      const path = findPath(primitive, awslc, findings, features);
      return { ...path, ...findVerified(path, { awslc, platform }, verified) };
    }),
  };
};
