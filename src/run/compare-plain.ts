import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import type { Plan } from '../model/plan.ts';
import type { PlainComparison, PlainDifference } from '../model/plain.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { fixedPace } from '../plan/pace.ts';
import { locateCases, type CasesByFile } from '../plan/shards.ts';
import { runPlainSuites } from '../steps/test-plain.ts';
import { runSuitePass } from '../steps/test.ts';
import { comparePlain, parsePlain } from '../verdict/plain.ts';
import type { CellSession } from './session.ts';
import { makeSuiteEnvironment, silentMs } from './suites.ts';

/** Up to so many differing cases are run again alone; more are no matter of chance. */
const mostRetests = 20;

/** A cell whose suites ran, and what a plain run of them needs. */
export interface ComparisonRequest {
  readonly cell: Required<Pick<CellSession, 'prefix' | 'suites'>> & Pick<CellSession, 'suitesOf' | 'suitesAreNew'>;
  readonly plan: Pick<Plan, 'environment' | 'test'>;
  /** A directory on the store's disk, for a linked copy of the Python: the store's own tree is never run. */
  readonly tmpDir: string;
  /** Receives what `python -m test` prints, and logs of the retests. */
  readonly logDir: string;
  readonly toolDir: string;
  /** The caller's PATH, absolute directories only. */
  readonly path: string;
  /** regrtest's worker processes. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

interface Place {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
  readonly scratchDir: string;
}

const runPlain = (
  request: ComparisonRequest,
  place: Place,
  what: { readonly label: string; readonly files: readonly string[]; readonly match: readonly string[]; jobs: number },
): ReturnType<typeof runPlainSuites> =>
  runPlainSuites({
    python: place.python,
    files: what.files,
    match: what.match,
    resources: [],
    jobs: what.jobs,
    env: place.env,
    outputFile: join(request.logDir, `${what.label}.txt`),
    logFile: join(request.logDir, `${what.label}.log`),
    signal: request.signal,
  });

/** Runs each differing case again alone, both ways, and says which ones still differ. */
const retestDifferences = async (
  request: ComparisonRequest,
  place: Place,
  differences: readonly PlainDifference[],
): Promise<Result<readonly PlainDifference[]>> => {
  const events = request.cell.suites.runs[0]?.events ?? [];
  const files: CasesByFile = locateCases(events, new Set(differences.map(({ id }) => id)));
  const still: PlainDifference[] = [];
  for (const [index, difference] of differences.entries()) {
    const { id } = difference;
    const owners = Object.entries(files).flatMap(([file, ids]) => (ids.includes(id) ? [file] : []));
    // A case that the driver does not know has no file to be run from.
    if (owners.length === 0) {
      still.push(difference);
      continue;
    }
    request.progress(`${id} differs: running it again alone`);
    const label = `plain-retest-${index + 1}`;
    const plain = await runPlain(request, place, { label, files: owners, match: [id], jobs: 1 });
    if (!plain.ok) return plain;
    const driver = await runSuitePass({
      pass: 'retest',
      selection: { from: 'cases', cases: Object.fromEntries(owners.map((file) => [file, [id]])), alone: true },
      timings: { version: 1, python: '', classesMs: {}, casesMs: {} },
      shards: 1,
      pace: fixedPace(1),
      python: place.python,
      toolDir: request.toolDir,
      env: place.env,
      resources: [],
      scratchDir: place.scratchDir,
      logDir: join(request.logDir, label),
      signal: request.signal,
      silentMs,
      progress: () => undefined,
    });
    if (!driver.ok) return driver;
    const again = comparePlain(parsePlain(plain.value.text), driver.value.events);
    still.push(...again.differences.filter((found) => found.id === id));
    // Neither ran it: nothing was learnt.
    if (again.cases === 0) still.push(difference);
  }
  return ok(still);
};

const compareIn = async (request: ComparisonRequest, place: Place): Promise<Result<PlainComparison>> => {
  const { cell, plan, jobs, logDir } = request;
  const { files, match } = plan.test;
  request.progress(`running \`python -m test -v -j${jobs}\` on ${files.length === 1 ? 'a file' : 'the same files'}`);
  const ran = await runPlain(request, place, {
    label: 'plain',
    files,
    match,
    jobs,
  });
  if (!ran.ok) return ran;
  const plain = parsePlain(ran.value.text);
  const { cases, differences } = comparePlain(plain, cell.suites.runs[0]?.events ?? []);
  const retestLeftOut = differences.length > mostRetests;
  const still = retestLeftOut ? ok(differences) : await retestDifferences(request, place, differences);
  if (!still.ok) return still;
  const ids = new Set(still.value.map(({ id }) => id));
  return ok({
    cases,
    agree: cases - differences.length,
    differences: still.value,
    unsteady: differences.filter(({ id }) => !ids.has(id)),
    retestLeftOut,
    plain: {
      durationMs: ran.value.durationMs,
      jobs,
      ran: plain.ran,
      read: plain.cases.size,
      outputFile: join(logDir, 'plain.txt'),
    },
    driver: {
      durationMs: cell.suites.durationMs,
      ...(cell.suitesAreNew || cell.suitesOf === undefined ? {} : { of: cell.suitesOf }),
    },
  });
};

/**
 * Runs `python -m test -v` on the files that the driver ran, in a linked copy of the same Python and the same scrubbed
 * environment, and compares the two case by case; cases that differ are run again alone, both ways. The driver's side is
 * its first pass, of this run or as recorded. Failures: `command-failed` (the suites did not come to their end),
 * `tool-missing`, `interrupted`, `disk-full`, `io-failed`, `record-invalid`.
 */
export const comparePlainSuites = async (request: ComparisonRequest): Promise<Result<PlainComparison>> => {
  const work = join(request.tmpDir, `plain-${randomUUID()}`);
  let scratchDir: string;
  try {
    // A short path: tests make Unix sockets below it.
    scratchDir = await mkdtemp(join(tmpdir(), 'cpa-'));
    await mkdir(join(work, 'tmp'), { recursive: true });
    await mkdir(request.logDir, { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, work, 'make a directory for a copy of the Python'));
  }
  const env = makeSuiteEnvironment({
    places: { work, path: request.path },
    environment: request.plan.environment,
    jobs: request.jobs,
  });
  try {
    const prefix = join(work, 'opt', 'cpython-awslc');
    const copied = await copyTree({
      from: request.cell.prefix,
      to: prefix,
      linked: true,
      env,
      signal: request.signal,
    });
    if (!copied.ok) return copied;
    return await compareIn(request, { python: join(prefix, 'bin', 'python3'), env, scratchDir });
  } finally {
    await removeTree(scratchDir);
    await removeTree(work);
  }
};
