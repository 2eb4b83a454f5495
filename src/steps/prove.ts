import { copyFile } from 'node:fs/promises';
import { errorCode, ioFailure } from '../io/failure.ts';
import { readJson } from '../io/files.ts';
import type { FailureOf } from '../model/failure.ts';
import { parseJson } from '../model/json.ts';
import type { Step } from '../model/plan.ts';
import {
  describeDifference,
  describeValue,
  expectationsSchema,
  isAsExpected,
  isClaimId,
  proofSchema,
  type Expectations,
  type Proof,
} from '../model/proof.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { runActions } from './actions.ts';
import type { StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';

type FailedClaim = FailureOf<'proof-failed'>['claims'][number];

const proofPath = '{tree}/proof.json';
const expectationsPath = '{work}/expectations.json';

/**
 * Everything in which a proof is not what the plan expects: a claim that fails, is missing, was not asked for, stands
 * twice, was judged by another expectation than the plan's, or says that it holds when it does not. What the proof says
 * of itself is never believed.
 */
export const findFailedClaims = (proof: Proof, expectations: Expectations): readonly FailedClaim[] => {
  const failed: FailedClaim[] = [];
  const seen = new Set<string>();
  for (const claim of proof.claims) {
    const expected = isClaimId(claim.id) ? expectations[claim.id] : undefined;
    if (expected === undefined) {
      failed.push({ id: claim.id, expected: 'no such claim', found: 'a claim that nobody asked for' });
    } else if (seen.has(claim.id)) {
      failed.push({ id: claim.id, expected: 'one claim', found: 'the claim stands twice' });
    } else if (!isAsExpected({ expected, found: claim.expected })) {
      const difference = describeDifference({ expected, found: claim.expected });
      failed.push({ id: claim.id, expected: difference.expected, found: `judged by: ${difference.found}` });
    } else if (!isAsExpected(claim)) {
      failed.push({ id: claim.id, ...describeDifference(claim) });
    } else if (!claim.holds) {
      failed.push({ id: claim.id, expected: 'holds', found: 'said not to hold, with the expected value' });
    }
    seen.add(claim.id);
  }
  for (const [id, expected] of Object.entries(expectations)) {
    if (isClaimId(id) && !seen.has(id)) failed.push({ id, expected: describeValue(expected), found: 'no claim' });
  }
  return failed;
};

/**
 * Reads a proof and holds it against the plan's expectations.
 * Failures: `proof-failed` (exit 5; also when there is no proof), `record-invalid`, `io-failed`.
 */
export const checkProof = async (path: string, expectations: Expectations): Promise<Result<Proof>> => {
  const read = await readJson(proofSchema, path);
  if (!read.ok) {
    switch (read.error.kind) {
      case 'absent':
        return fail({
          code: 'proof-failed',
          claims: [{ id: 'proof', expected: 'a proof', found: 'no file' }],
          log: path,
        });
      case 'unreadable':
        return fail({ code: 'io-failed', path, operation: 'read', reason: read.error.reason });
      case 'invalid':
        return fail({ code: 'record-invalid', path, problems: read.error.problems });
    }
  }
  const claims = findFailedClaims(read.value, expectations);
  return claims.length === 0 ? read : fail({ code: 'proof-failed', claims, log: path });
};

/** The expectations that a prove step hands to prove.py: the plan's own text, not what lies on the disk. */
const expectationsOf = (step: Step): Expectations => {
  for (const action of step.actions) {
    if (action.do !== 'write' || action.path !== expectationsPath) continue;
    const parsed = parseJson(expectationsSchema, action.text);
    if (parsed.ok) return parsed.value;
  }
  throw new Error(`step ${step.id} writes no ${expectationsPath}`);
};

/** Ids of the claims that a prove step makes. */
export const listClaims = (step: Step): readonly string[] => Object.keys(expectationsOf(step)).filter(isClaimId);

/** Copies a proof that fails to where it outlives its step; gives the file to point to, the log when there is no proof. */
const keepProof = async (path: string, logFile: string): Promise<Result<string>> => {
  const kept = `${logFile}.proof.json`;
  try {
    await copyFile(path, kept);
    return ok(kept);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? ok(logFile) : fail(ioFailure(error, kept, 'keep the proof as'));
  }
};

/**
 * Runs prove.py in the built Python and checks its proof. A proof that fails is kept beside the log, where the failure
 * points to, since a failed step leaves no output. Failures: those of `checkProof` and of running a program.
 */
export const prove: StepFunction = async (step, context) => {
  const commands = await runActions(step, context);
  if (!commands.ok) return commands;
  const path = fillPlaces(proofPath, context);
  const checked = await checkProof(path, expectationsOf(step));
  if (checked.ok) return ok({ commands: commands.value });
  const failure = checked.error;
  if (failure.code !== 'proof-failed' && failure.code !== 'record-invalid') return checked;
  const kept = await keepProof(path, context.logFile);
  if (!kept.ok) return kept;
  return fail(failure.code === 'proof-failed' ? { ...failure, log: kept.value } : { ...failure, path: kept.value });
};
