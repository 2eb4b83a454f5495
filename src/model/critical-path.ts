/** A chain of steps that no number of cores makes shorter than the sum of its parts. */
export interface CriticalPath {
  readonly steps: readonly { readonly id: string; readonly title: string; readonly seconds: number }[];
  readonly seconds: number;
  /** How many cores the seconds are for. */
  readonly jobs: number;
}
