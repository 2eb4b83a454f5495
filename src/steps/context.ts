import type { Synchronized } from '../io/synchronize.ts';
import type { Archive } from '../model/catalogue.ts';
import type { Step } from '../model/plan.ts';
import type { StepRecord } from '../model/record.ts';
import type { Result } from '../model/result.ts';

/** Rewrites the beginning of an https origin's URL: `--mirror FROM=TO`. */
export interface Mirror {
  readonly from: string;
  readonly to: string;
}

/** How bytes may be got. */
export interface FetchPolicy {
  readonly offline: boolean;
  readonly mirrors: readonly Mirror[];
  /** The caller's environment, for proxies and for apt's, cargo's and git's own settings. */
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  /** Asks a remote cache for an archive before any origin. */
  readonly askCache?: (archive: Archive, directory: string) => Promise<Result<string | undefined>>;
}

/** A compile cache of the machine. */
export interface CompileCache {
  /** Absolute path of ccache. */
  readonly program: string;
  /** Its version line. */
  readonly version: string;
  /** Where it keeps its results, and what else of its caller's settings it is told. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What a step needs of the run that executes it. */
export interface StepContext {
  /** Place name (`work`, `kept`, `tree`, an input role, `tool`) to absolute path. */
  readonly places: Readonly<Record<string, string>>;
  /** The plan's scrubbed environment, places not yet filled in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** What the step's programs start at (nice): 0, or more where they yield to others. */
  readonly niceness: number;
  /** Full output of every program that the step starts. */
  readonly logFile: string;
  /** Where verified downloads lie, named by their sha256. */
  readonly downloadsDir: string;
  readonly fetch: FetchPolicy;
  /** Absent where there is none, or where the caller has switched it off. */
  readonly compileCache?: CompileCache;
  /** Where answers of configure are kept, and the digest of what they hold for beside what a plan knows: kernel and PATH. */
  readonly answersOf: { readonly directory: string; readonly machine: string };
  readonly signal: AbortSignal;
  /** Told what a `synchronize` action found to be different. */
  readonly synchronized?: (changed: Synchronized) => void;
  /** A short line for the display: what is happening now. */
  readonly progress: (text: string) => void;
}

/** What a step adds to its record; the executor knows the rest. */
export type StepFindings = Pick<
  StepRecord,
  'commands' | 'origin' | 'originsTried' | 'commit' | 'compileCache' | 'capabilities' | 'kept'
>;

/** A step fills `{tree}` or says why it could not. Nothing of `{tree}` is kept after a failure. */
export type StepFunction = (step: Step, context: StepContext) => Promise<Result<StepFindings>>;
