import { readFile } from 'node:fs/promises';
import { writeJsonAtomic } from '../io/files.ts';
import type { CompatFindings, Missing } from '../model/compat.ts';
import { fail, ok } from '../model/result.ts';
import { readMissing } from '../plan/diagnostics.ts';
import { runActions } from './actions.ts';
import type { StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';

/**
 * Compiles both modules for syntax only. What the compiler misses is written to `{tree}/compat.json`; the check of what
 * is to be built fails with it. Failures: `incompatible` besides those of running a program.
 */
export const checkSyntax: StepFunction = async (step, context) => {
  const ran = await runActions(step, context);
  let missing: readonly Missing[] = [];
  if (!ran.ok) {
    // A compiler that is not there, was interrupted, or ended without naming an error has checked nothing.
    if (ran.error.code !== 'command-failed') return ran;
    missing = readMissing(await readFile(context.logFile, 'utf8').catch(() => ''));
    if (missing.length === 0) return ran;
    if (step.subject === 'compat') {
      return fail({ code: 'incompatible', step: step.title, missing, log: context.logFile });
    }
  }
  const findings: CompatFindings = { version: 1, kind: 'compat-findings', missing: [...missing] };
  const written = await writeJsonAtomic(fillPlaces('{tree}/compat.json', context), findings);
  return written.ok ? ok({ commands: ran.ok ? ran.value : [] }) : written;
};
