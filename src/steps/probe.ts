import { readFile } from 'node:fs/promises';
import { readAwslcVersion, readCapabilities } from '../plan/capabilities.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok } from '../model/result.ts';
import { ioFailure } from '../io/failure.ts';
import { runActions } from './actions.ts';
import type { StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';

/**
 * Preprocesses AWS-LC's headers and checks that they declare what the plan was decided from.
 * Failures: `capability-mismatch` (exit 5) besides those of running a program.
 */
export const probe: StepFunction = async (step, context) => {
  const file = fillPlaces('{tree}/probe.i', context);
  const name = async (failure: Failure): Promise<Failure> => {
    if (failure.code !== 'capability-mismatch') return failure;
    const text = await readFile(file, 'utf8').catch(() => '');
    return { ...failure, awslc: readAwslcVersion(text) ?? 'of unknown version' };
  };
  const commands = await runActions(step, context, name);
  if (!commands.ok) return commands;
  try {
    return ok({ commands: commands.value, capabilities: readCapabilities(await readFile(file, 'utf8')) });
  } catch (error) {
    return fail(ioFailure(error, file, 'read'));
  }
};
