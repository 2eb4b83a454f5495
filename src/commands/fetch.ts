import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { runPipeline, type PipelineOptions } from './pipeline.ts';

/** Brings a selection's sources into the store. */
export const runFetch = (options: PipelineOptions, context: CommandContext): Promise<readonly Failure[]> =>
  runPipeline('fetch', options, context);
