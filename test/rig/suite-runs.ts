import type { Manifest, ManifestEntry, Roster } from '../../src/model/manifest.ts';
import type { Outcome, SuiteEvent, SuiteRun } from '../../src/model/suite.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { Facts } from '../../src/verdict/conditions.ts';
import { judge, type JudgeInput, type Judgement } from '../../src/verdict/judge.ts';

/** The main job's cell on a plain machine, as conditions see it. */
export const plainFacts: Facts = {
  cell: {
    python: { version: '3.14.6', series: '3.14' },
    awslc: { version: '5.12.0', line: 'main', fips: false },
    platform: { arch: 'x86_64', libc: 'gnu' },
    target: 'generic',
    link: 'static',
    optimization: 'quick',
    cipherString: 'ECDH+AESGCM:!SHA1',
  },
  capabilities: {
    pha: false,
    pskTls13: false,
    pskWithoutCertificate: true,
    hashes: ['md5', 'sha1', 'sha256'],
    hmacHashes: ['md5', 'sha1', 'sha256'],
    groups: ['P-256', 'X25519'],
    functions: { X509_VERIFY_PARAM_get_hostflags: true },
    macros: { OPENSSL_NO_TLS_PHA: false },
  },
  environment: {
    arch: 'x86_64',
    libc: 'gnu',
    emulated: false,
    network: false,
    ipv6: true,
    root: false,
    resources: [],
    memoryLimitBytes: 0,
    timeZoneUtc: true,
    cLocale: true,
  },
};

/** A subtest that the driver tells of: its parameters, outcome and text. */
export interface SubtestPart {
  readonly params: string;
  readonly outcome: Outcome;
  readonly reason?: string;
}

/** One case as the driver would tell it. Without `outcome` it never ends. */
export interface CasePart {
  readonly id: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly details?: string;
  readonly subtests?: readonly SubtestPart[];
}

export const tellCase = ({ id, outcome, reason, details, subtests = [] }: CasePart): SuiteEvent[] => [
  { event: 'start', id },
  ...subtests.map((part): SuiteEvent => ({ event: 'subtest', id, ...part })),
  ...(outcome === undefined
    ? []
    : [
        {
          event: 'end',
          id,
          outcome,
          durationMs: 2,
          ...(reason === undefined ? {} : { reason }),
          ...(details === undefined ? {} : { details }),
        } satisfies SuiteEvent,
      ]),
];

/** Events of one file's process: all cases collected, then each told. */
export const tellFile = (file: string, cases: readonly CasePart[], more: readonly SuiteEvent[] = []): SuiteEvent[] => [
  { event: 'begin', version: 1, file, python: '3.14.6', pid: 7 },
  { event: 'import', file, outcome: 'ok' },
  { event: 'collect', file, ids: [...new Set(cases.map(({ id }) => id))] },
  ...cases.flatMap(tellCase),
  ...more,
  { event: 'done', file, started: cases.length, durationMs: 5 },
];

export const makeRun = (
  pass: SuiteRun['pass'],
  events: readonly SuiteEvent[],
  deaths: SuiteRun['deaths'] = [],
): SuiteRun => ({ pass, events: [...events], deaths });

export const makeManifest = (
  entries: readonly (Partial<ManifestEntry> & Pick<ManifestEntry, 'id' | 'expect' | 'match'>)[],
  environment: Manifest['environment'] = [],
): Manifest => ({
  version: 1,
  series: '3.14',
  environment,
  entries: entries.map((entry) => ({ reason: 'because of AWS-LC', evidence: 'a recorded run', ...entry })),
});

export const makeRosterOf = (files: Roster['files']): Roster => ({ version: 1, python: '3.14.6', files });

/** Judges with the plain facts and everything selected, unless told otherwise. */
export const judgePlain = (input: Partial<JudgeInput> & Pick<JudgeInput, 'runs'>): Judgement =>
  judge({ facts: plainFacts, selection: { files: [], match: [] }, ...input });

/** `VERDICT id`, in order: what tables of tests compare. */
export const listVerdicts = (judgement: { readonly verdicts: readonly Verdict[] }): string[] =>
  judgement.verdicts.map(({ id, verdict }) => `${verdict} ${id}`);
