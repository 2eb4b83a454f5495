import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { runPipeline, type PipelineOptions } from './pipeline.ts';

/** Builds a selection. */
export const runBuild = (options: PipelineOptions, context: CommandContext): Promise<readonly Failure[]> =>
  runPipeline('build', options, context);
