import { readFile } from 'node:fs/promises';
import { parseJson } from '../../src/model/json.ts';
import { expectationsSchema, type Expectations } from '../../src/model/proof.ts';

/** A Python that was really built, and what its two modules can be linked anew from. */
export interface RealPython {
  /** Its prefix: `bin/python3` is below it. Never changed by a test. */
  readonly prefix: string;
  /** Holds `libssl.a` and `libcrypto.a`, side by side or as AWS-LC's own build lays them (`ssl/`, `crypto/`). */
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

const requireVariable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`the real tier needs ${name}: see test/rig/real-python.ts`);
  }
  return value;
};

/**
 * The built Python that the real tier works on, named by environment variables: `CPYTHON_AWSLC_TEST_PREFIX`,
 * `…_AWSLC_BUILD`, `…_AWSLC_INCLUDE`, `…_CORE_BUILD`, `…_SOURCE`, and `…_EXPECTATIONS`, a file with the cell's
 * expectations. A missing one is an error: a real test that quietly does nothing would be a false green.
 */
export const realPython = async (): Promise<RealPython> => {
  const file = requireVariable('CPYTHON_AWSLC_TEST_EXPECTATIONS');
  const expectations = parseJson(expectationsSchema, await readFile(file, 'utf8'));
  if (!expectations.ok) throw new Error(`${file}: ${JSON.stringify(expectations.error)}`);
  return {
    prefix: requireVariable('CPYTHON_AWSLC_TEST_PREFIX'),
    awslcBuildDir: requireVariable('CPYTHON_AWSLC_TEST_AWSLC_BUILD'),
    awslcIncludeDir: requireVariable('CPYTHON_AWSLC_TEST_AWSLC_INCLUDE'),
    coreBuildDir: requireVariable('CPYTHON_AWSLC_TEST_CORE_BUILD'),
    sourceDir: requireVariable('CPYTHON_AWSLC_TEST_SOURCE'),
    expectations: expectations.value,
  };
};
