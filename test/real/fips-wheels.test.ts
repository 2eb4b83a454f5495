import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { removeTree } from '../../src/io/files.ts';
import { parseJson } from '../../src/model/json.ts';
import { proofSchema, type Proof } from '../../src/model/proof.ts';
import { findFailedClaims } from '../../src/steps/prove.ts';
import { realPython, type RealPython } from '../rig/real-python.ts';

const run = promisify(execFile);
const tool = resolve(import.meta.dirname, '../../src/python');
/** Each has a crypto library of its own in its wheel: OpenSSL linked in, and OpenSSL's shared libraries beside. */
const wheels = ['cryptography', 'psycopg2-binary'];
const imports = ['cryptography.hazmat.bindings._rust', 'psycopg2'];

/** The fact `imports`: file to the version texts of crypto libraries in it. */
const broughtSchema = z.object({
  packages: z.array(z.string()),
  'their crypto': z.record(z.string(), z.array(z.string())),
});

/** Set by who has no package index: then these tests are shown as skipped. Without it a missing index is a failure. */
const leaveOut = process.env['CPYTHON_AWSLC_TEST_NO_INDEX'] === '1';

describe.skipIf(leaveOut)('a FIPS Python in a virtual environment with wheels from a package index', () => {
  let fips: RealPython;
  let directory = '';
  const python = (): string => join(directory, 'venv/bin/python');

  /** Runs prove.py by the environment's interpreter, with packages imported before anything else. */
  const prove = async (...names: readonly string[]): Promise<Proof> => {
    const [expectations, out] = [join(directory, 'expectations.json'), join(directory, 'proof.json')];
    await writeFile(expectations, JSON.stringify(fips.expectations));
    const options = ['--expectations', expectations, '--out', out, ...names.flatMap((name) => ['--import', name])];
    await run(python(), ['-I', '-B', join(tool, 'prove.py'), ...options], { cwd: directory });
    const proof = parseJson(proofSchema, await readFile(out, 'utf8'));
    if (!proof.ok) throw new Error(JSON.stringify(proof.error));
    return proof.value;
  };
  const failedIds = (proof: Proof): string[] => findFailedClaims(proof, fips.expectations).map(({ id }) => id);

  beforeAll(async () => {
    fips = await realPython('--python', '3.14.6', '--awslc', 'fips-4.2.0');
    directory = await mkdtemp(join(tmpdir(), 'fips-wheels-'));
    await run(join(fips.prefix, 'bin/python3'), ['-m', 'venv', join(directory, 'venv')]);
    // By pip's own settings: whoever has another index has told pip.
    await run(python(), ['-m', 'pip', 'install', '--only-binary', ':all:', ...wheels]).catch((error: unknown) => {
      throw new Error('pip got no wheels: CPYTHON_AWSLC_TEST_NO_INDEX=1 leaves these tests out', { cause: error });
    });
  });
  afterAll(async () => {
    if (directory !== '') await removeTree(directory);
  });

  it('is proven as before with their OpenSSL in the process first', async () => {
    const proof = await prove(...imports);
    expect(failedIds(proof)).toEqual([]);
    const { packages, 'their crypto': theirs } = broughtSchema.parse(
      proof.facts.find(({ id }) => id === 'imports')?.found,
    );
    // The control: OpenSSL was there, by both packages.
    expect(packages).toEqual(imports);
    expect(theirs['_rust.abi3.so']?.join()).toMatch(/^OpenSSL \d/);
    expect(Object.keys(theirs).join()).toMatch(/libcrypto-[0-9a-f]+\.so/);
  });

  it('fails the proof by a package that puts something else in AWS-LC’s place', async () => {
    const text = 'import hashlib\ndef sha256(data=b"", **named): return hashlib.md5(data)\nhashlib.sha256 = sha256\n';
    const { stdout } = await run(python(), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    await writeFile(join(stdout.trim(), 'takes_over.py'), text);
    const failed = failedIds(await prove('takes_over'));
    expect(failed).toContain('hash-constructors');
    // The tree itself is as it was.
    expect(failed).not.toContain('venv');
    expect(failed).not.toContain('extension-modules');
  });

  it('says which package is not there, and makes no proof', async () => {
    await expect(prove('no_such_package')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("No module named 'no_such_package'") as unknown,
    });
  });
});
