import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { parseJson } from '../../src/model/json.ts';
import { planSchema, type Plan } from '../../src/model/plan.ts';
import { expectationsSchema, type Expectations } from '../../src/model/proof.ts';

const run = promisify(execFile);
const bin = resolve(import.meta.dirname, '../../bin/cpython-awslc.js');

/** A Python that was really built, and what its two modules can be linked anew from. */
export interface RealPython {
  /** Its prefix: `bin/python3` is below it. Never changed by a test. */
  readonly prefix: string;
  /** Holds `libssl.a` and `libcrypto.a`. */
  readonly awslcBuildDir: string;
  /** AWS-LC's headers: holds `openssl/`. */
  readonly awslcIncludeDir: string;
  /** Holds the core's configured `Makefile` and `pyconfig.h`, whose source directory is `../src`. */
  readonly coreBuildDir: string;
  /** CPython's source tree. */
  readonly sourceDir: string;
  /** What its plan expects of it. */
  readonly expectations: Expectations;
}

/** Runs the real command line with the caller's own environment and store, so that a second `npm test` builds nothing again. */
export const runReal = async (args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  run(process.execPath, [bin, ...args], { maxBuffer: 256 * 1024 * 1024 });

/** The store that `runReal` uses. */
export const realStore = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cpython-awslc', 'v1');

const builtSchema = z.object({ cells: z.array(z.object({ python: z.string() })).length(1) });

const planOf = async (selection: readonly string[]): Promise<Plan> => {
  const plan = parseJson(planSchema, (await runReal(['plan', '--json', ...selection])).stdout);
  if (!plan.ok) throw new Error(`plan --json: ${JSON.stringify(plan.error)}`);
  return plan.value;
};

const expectationsOf = (plan: Plan): Expectations => {
  for (const action of plan.steps.find(({ kind }) => kind === 'prove')?.actions ?? []) {
    if (action.do !== 'write' || !action.path.endsWith('expectations.json')) continue;
    const parsed = parseJson(expectationsSchema, action.text);
    if (parsed.ok) return parsed.value;
  }
  throw new Error('the plan has no expectations');
};

/** The default recipe's Python, or what options select of it, built when it is not there, and what it was made from. */
export const realPython = async (...selection: readonly string[]): Promise<RealPython> => {
  const plan = await planOf(selection);
  const built = parseJson(builtSchema, (await runReal(['build', '--json', ...selection])).stdout);
  if (!built.ok) throw new Error(`build --json: ${JSON.stringify(built.error)}`);
  const treeOf = (name: string): string => {
    const step = plan.steps.find(({ kind, subject }) => `${kind}-${subject}` === name);
    const tree = join(realStore(), 'steps', step?.fingerprint ?? '', 'tree');
    if (!existsSync(tree)) throw new Error(`the store has no ${name}: empty it and run again`);
    return tree;
  };
  return {
    prefix: dirname(dirname(built.value.cells[0]?.python ?? '')),
    awslcBuildDir: treeOf('compile-awslc'),
    awslcIncludeDir: join(treeOf('unpack-awslc'), 'include'),
    coreBuildDir: join(treeOf('compile-core'), 'build'),
    sourceDir: treeOf('unpack-cpython'),
    expectations: expectationsOf(plan),
  };
};
