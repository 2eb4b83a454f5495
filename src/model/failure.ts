import type { Missing } from './compat.ts';
import { unreachable } from './result.ts';

/** One thing wrong in a file that a person wrote: a recipe, a manifest, a roster, a catalogue. */
export interface Problem {
  /** JSON path in the file, as `$.cells.python[0]`. */
  readonly path: string;
  readonly message: string;
  /** What was probably meant, when something close exists. */
  readonly suggestion?: string;
}

/** One origin that was tried and why it gave nothing. */
export interface OriginAttempt {
  /** Kind and subject, never a mirror's host: `https Python-3.14.6.tar.xz`, `debian python3.14`. */
  readonly origin: string;
  readonly reason: string;
}

/** Everything that can go wrong in an expected way. The `code` is stable: scripts may branch on it. */
export type Failure =
  // usage, unknown version, recipe or manifest: exit 2
  | { readonly code: 'usage'; readonly message: string; readonly next?: string }
  | {
      readonly code: 'unknown-version';
      readonly subject: string;
      readonly asked: string;
      readonly known: readonly string[];
      readonly suggestion?: string;
    }
  | { readonly code: 'unknown-recipe'; readonly asked: string; readonly known: readonly string[] }
  | { readonly code: 'unknown-run'; readonly asked: string; readonly reason: string }
  | {
      readonly code: 'file-invalid';
      readonly what:
        'recipe' | 'manifest' | 'roster' | 'catalogue' | 'targets' | 'knowledge' | 'packages' | 'patches' | 'shims';
      readonly file: string;
      readonly problems: readonly Problem[];
    }
  | { readonly code: 'unsupported'; readonly what: string; readonly why: string; readonly next: string }
  | { readonly code: 'manifest-findings'; readonly count: number; readonly first: readonly string[] }
  /** `ends`: both give this answer, so that nothing changes between them. */
  | {
      readonly code: 'bisect-ends-agree';
      readonly ends: readonly { readonly candidate: string; readonly answer: string; readonly run: string }[];
    }
  | { readonly code: 'consent-required'; readonly missing: readonly string[]; readonly command: string }
  // a step failed, or cannot be done here: exit 1
  | {
      readonly code: 'tool-missing';
      readonly tool: string;
      readonly neededFor: string;
      readonly found?: string;
      readonly next: string;
    }
  | {
      readonly code: 'package-missing';
      readonly packages: readonly string[];
      readonly neededFor: string;
      readonly next: string;
    }
  | {
      readonly code: 'command-failed';
      readonly step: string;
      readonly argv: readonly string[];
      readonly exit: string;
      readonly log: string;
      readonly lastLines: readonly string[];
      readonly hint?: string;
    }
  | {
      readonly code: 'incompatible';
      /** What was checked, as the step's title says it. */
      readonly step: string;
      readonly missing: readonly Missing[];
      readonly log: string;
    }
  | {
      readonly code: 'cells-incompatible';
      /** `CPython 3.14.6 with AWS-LC 5.12.0` */
      readonly cells: readonly string[];
      readonly asked: number;
    }
  /** `misfits`: `patches/3.13/0001-topic.patch on CPython 3.13.15` */
  | { readonly code: 'patch-misfit'; readonly misfits: readonly string[] }
  | {
      readonly code: 'origins-exhausted';
      readonly subject: string;
      readonly attempts: readonly OriginAttempt[];
      readonly next: string;
    }
  | { readonly code: 'offline'; readonly subject: string; readonly next: string }
  | { readonly code: 'download-failed'; readonly url: string; readonly reason: string; readonly retriable: boolean }
  | { readonly code: 'disk-full'; readonly path: string; readonly neededBytes?: number; readonly next: string }
  | { readonly code: 'io-failed'; readonly path: string; readonly operation: string; readonly reason: string }
  | { readonly code: 'lock-busy'; readonly path: string; readonly owner: string; readonly waitedMs: number }
  /** An end of a bisect that does not build, or gives no answer: nothing can be compared with it. */
  | { readonly code: 'bisect-end-skipped'; readonly candidate: string; readonly reason: string }
  /** `suspects`: one of these is the first that answers otherwise; all but the last could not be asked. */
  | { readonly code: 'bisect-ambiguous'; readonly suspects: readonly string[] }
  | { readonly code: 'doctor-faults'; readonly faults: readonly string[] }
  | {
      readonly code: 'slurm-refused';
      /** What Slurm was asked to do: `submit a job array`. */
      readonly doing: string;
      readonly argv: readonly string[];
      /** Slurm's own words. */
      readonly said: readonly string[];
      readonly next: string;
    }
  | {
      readonly code: 'no-node';
      readonly target: string;
      readonly feature: string;
      /** Features that nodes have. */
      readonly known: readonly string[];
    }
  | {
      readonly code: 'task-failed';
      readonly task: string;
      /** `4711_3` */
      readonly job: string;
      /** The engine's word for how it ended: `TIMEOUT`, `OUT_OF_MEMORY`. */
      readonly state: string;
      readonly node: string;
      readonly reason: string;
      readonly log: string;
      readonly lastLines: readonly string[];
    }
  // integrity: exit 4
  | {
      readonly code: 'digest-mismatch';
      readonly subject: string;
      readonly origin: string;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly code: 'archive-refused'; readonly archive: string; readonly entry: string; readonly reason: string }
  | { readonly code: 'store-damaged'; readonly path: string; readonly expected: string; readonly found: string }
  | { readonly code: 'record-invalid'; readonly path: string; readonly problems: readonly Problem[] }
  // the thing built is not what was asked: exit 5
  | {
      readonly code: 'proof-failed';
      readonly claims: readonly { readonly id: string; readonly expected: string; readonly found: string }[];
      readonly log: string;
    }
  | {
      readonly code: 'capability-mismatch';
      readonly awslc: string;
      readonly differences: readonly { readonly name: string; readonly expected: string; readonly found: string }[];
    }
  // unexpected verdicts: exit 3
  | {
      readonly code: 'verdicts-unexpected';
      readonly counts: Readonly<Record<string, number>>;
      readonly first: readonly string[];
    }
  | { readonly code: 'plain-differs'; readonly count: number; readonly first: readonly string[] }
  // 130 and 70
  | { readonly code: 'interrupted'; readonly signal: string }
  | { readonly code: 'bug'; readonly message: string; readonly stack?: string };

/** Every failure code. */
export type FailureCode = Failure['code'];

/** A failure of one code. */
export type FailureOf<C extends FailureCode> = Extract<Failure, { readonly code: C }>;

/** The documented exit code of a failure: 1 step, 2 usage, 3 verdicts, 4 integrity, 5 proof, 70 bug, 130 interrupted. */
export const exitCodeOf = (failure: Failure): number => {
  switch (failure.code) {
    case 'usage':
    case 'unknown-version':
    case 'unknown-recipe':
    case 'unknown-run':
    case 'file-invalid':
    case 'unsupported':
    case 'manifest-findings':
    case 'bisect-ends-agree':
    case 'consent-required':
      return 2;
    case 'tool-missing':
    case 'package-missing':
    case 'command-failed':
    case 'incompatible':
    case 'cells-incompatible':
    case 'patch-misfit':
    case 'origins-exhausted':
    case 'offline':
    case 'download-failed':
    case 'disk-full':
    case 'io-failed':
    case 'lock-busy':
    case 'bisect-end-skipped':
    case 'bisect-ambiguous':
    case 'doctor-faults':
    case 'slurm-refused':
    case 'no-node':
    case 'task-failed':
      return 1;
    case 'digest-mismatch':
    case 'archive-refused':
    case 'store-damaged':
    case 'record-invalid':
      return 4;
    case 'proof-failed':
    case 'capability-mismatch':
      return 5;
    case 'verdicts-unexpected':
    case 'plain-differs':
      return 3;
    case 'interrupted':
      return 130;
    case 'bug':
      return 70;
    default:
      return unreachable(failure);
  }
};

/** When several failures hold, the one whose exit code the process ends with. */
const exitPrecedence = [70, 130, 4, 2, 1, 5, 3, 0];

/** Picks the exit code of several: 70, 130, 4, 2, 1, 5, 3, then 0. */
export const worstExitCode = (codes: readonly number[]): number =>
  exitPrecedence.find((candidate) => codes.includes(candidate)) ?? 0;
