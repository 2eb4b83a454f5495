import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { readJson, removeTree, writeJsonAtomic } from '../io/files.ts';
import { runProgram } from '../io/process.ts';
import { benchSamplesSchema, type BenchSamples } from '../model/bench.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { toolDir } from './data.ts';

/** One Python that is measured. */
export interface BenchSubject {
  readonly name: string;
  /** `opt/cpython-awslc` of an installed tree. */
  readonly prefix: string;
  /** What its processes get beside the common environment: a mask of CPU features. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface BenchRequest {
  readonly subjects: readonly BenchSubject[];
  /** How many turns each case gets. */
  readonly pairs: number;
  /** Where scratch directories are made. */
  readonly tmpDir: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** A measurement that takes longer is stuck. */
const timeoutMs = 1_800_000;

const measureIn = async (
  scratch: string,
  { subjects, pairs, path, signal }: BenchRequest,
): Promise<Result<BenchSamples>> => {
  const [subjectsFile, out] = [join(scratch, 'subjects.json'), join(scratch, 'samples.json')];
  const listed = subjects.map(({ name, prefix, environment }) => ({
    name,
    python: `${prefix}/bin/python3`,
    environment,
  }));
  const written = await writeJsonAtomic(subjectsFile, listed);
  if (!written.ok) return written;
  const first = listed[0];
  if (first === undefined) throw new Error('a measurement has subjects');
  const ran = await runProgram(
    [
      ...[first.python, '-I', '-B', join(toolDir, 'bench_crypto.py'), 'compare'],
      ...['--pairs', String(pairs), '--subjects', subjectsFile, '--out', out],
    ],
    {
      purpose: 'measure ssl and hashlib',
      cwd: scratch,
      env: { PATH: path, HOME: scratch, TMPDIR: scratch, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      timeoutMs,
      signal,
    },
  );
  if (!ran.ok) return ran;
  const read = await readJson(benchSamplesSchema, out);
  if (read.ok) return ok(read.value);
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: 'cannot be read' }];
  return fail({ code: 'record-invalid', path: out, problems });
};

/**
 * Measures the same work on several Pythons, in turns on one core. Samples are of this machine and this moment: they are not
 * kept in the store. Failures: of the program, `record-invalid`, `io-failed`.
 */
export const measureBench = async (request: BenchRequest): Promise<Result<BenchSamples>> => {
  let scratch: string;
  try {
    scratch = await mkdtemp(join(request.tmpDir, 'bench-'));
  } catch (error) {
    return fail(ioFailure(error, request.tmpDir, 'make a directory in'));
  }
  try {
    return await measureIn(scratch, request);
  } finally {
    await removeTree(scratch);
  }
};
