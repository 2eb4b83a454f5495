/** What a machine has left at a moment. */
export interface Spare {
  /** Processors without work since the last look, as a mean: 0.5 is one that was idle half of the time. */
  readonly idleCores: number;
  readonly memoryBytes: number;
}
