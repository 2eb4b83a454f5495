import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { runPipeline, type PipelineOptions } from './pipeline.ts';

/** Builds a selection, proves it, and runs its suites to a verdict. */
export const runTest = (options: PipelineOptions, context: CommandContext): Promise<readonly Failure[]> =>
  runPipeline('test', options, context);
