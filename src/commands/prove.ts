import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { runPipeline, type PipelineOptions } from './pipeline.ts';

/** Builds a selection and proves what was built. */
export const runProve = (options: PipelineOptions, context: CommandContext): Promise<readonly Failure[]> =>
  runPipeline('prove', options, context);
