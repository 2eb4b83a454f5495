import { readFile } from 'node:fs/promises';
import { readAwslcVersion, readCapabilities } from '../plan/capabilities.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok } from '../model/result.ts';
import { ioFailure } from '../io/failure.ts';
import { runActions } from './actions.ts';
import { checkSyntax } from './compat.ts';
import type { StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';
import { readProbedSources } from './probed-sources.ts';

/** The probes of a plan: AWS-LC's headers for capabilities, CPython's modules against them for syntax, what CMake found out. */
export const probe: StepFunction = (step, context) => {
  switch (step.subject) {
    case 'awslc':
      return probeHeaders(step, context);
    case 'assembler':
      return probeAssembler(step, context);
    default:
      return checkSyntax(step, context);
  }
};

/** Looks into CMake's cache for what takes CPU-specific code out. Failure: `capability-mismatch` (exit 5). */
const probeAssembler: StepFunction = async (step, context) => {
  const commands = await runActions(step, context, (failure) =>
    Promise.resolve(
      failure.code === 'capability-mismatch'
        ? { ...failure, awslc: 'as CMake configured it here, without code for some CPUs,' }
        : failure,
    ),
  );
  return commands.ok ? ok({ commands: commands.value }) : commands;
};

/**
 * Preprocesses AWS-LC's headers and checks that they, and three sources, say what the plan was decided from.
 * Failures: `capability-mismatch` (exit 5) besides those of running a program.
 */
const probeHeaders: StepFunction = async (step, context) => {
  const file = fillPlaces('{tree}/probe.i', context);
  const name = async (failure: Failure): Promise<Failure> => {
    if (failure.code !== 'capability-mismatch') return failure;
    const text = await readFile(file, 'utf8').catch(() => '');
    return { ...failure, awslc: readAwslcVersion(text) ?? 'of unknown version' };
  };
  const commands = await runActions(step, context, name);
  if (!commands.ok) return commands;
  try {
    const sources = await readProbedSources(fillPlaces('{awslc}', context));
    if (!sources.ok) return sources;
    const headers = await readFile(file, 'utf8');
    return ok({ commands: commands.value, capabilities: readCapabilities({ headers, sources: sources.value }) });
  } catch (error) {
    return fail(ioFailure(error, file, 'read'));
  }
};
