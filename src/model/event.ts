import type { Failure } from './failure.ts';

/** What a run tells whoever listens. The display only draws these; it never runs work. */
export type RunEvent =
  | { readonly type: 'run-started'; readonly steps: readonly { readonly id: string; readonly title: string }[] }
  | { readonly type: 'step-started'; readonly id: string; readonly title: string }
  | { readonly type: 'step-progress'; readonly id: string; readonly text: string }
  | {
      readonly type: 'step-finished';
      readonly id: string;
      readonly title: string;
      readonly outcome: 'done' | 'cached' | 'recorded';
      readonly durationMs: number;
      readonly note?: string;
    }
  | { readonly type: 'step-failed'; readonly id: string; readonly title: string; readonly failure: Failure }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'run-finished' };

/** Receives events; must not throw and must not block. */
export type Listener = (event: RunEvent) => void;
