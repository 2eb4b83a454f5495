/** What a command may touch of the process it runs in. Only `cli.ts` makes one. */
export interface CommandContext {
  /** Writes to standard output: reports and `--json` documents, nothing else. */
  readonly out: (text: string) => void;
  /** Writes to standard error: progress and messages. */
  readonly err: (text: string) => void;
  /** The caller's environment. Child processes never get it as it is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller's working directory: relative paths on the command line are relative to it. */
  readonly cwd: string;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** From now on signals go to this instead of aborting `signal`: for a program that a command stands for. */
  readonly passSignals: (to: (signal: NodeJS.Signals) => void) => void;
  readonly terminal: {
    /** Whether a question can be asked. */
    readonly canAsk: boolean;
    /** Whether standard error can be redrawn (a terminal, and neither CI nor TERM=dumb). */
    readonly canDraw: boolean;
    /** Whether standard error and output take colours (NO_COLOR, FORCE_COLOR, terminals). */
    readonly color: boolean;
    /** How many columns standard output has, when it is a terminal. */
    readonly columns?: number;
  };
}
