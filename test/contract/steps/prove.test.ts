import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/model/failure.ts';
import { prettyJson } from '../../../src/model/json.ts';
import type { Step } from '../../../src/model/plan.ts';
import type { Claim, Proof } from '../../../src/model/proof.ts';
import type { StepContext } from '../../../src/steps/context.ts';
import { checkProof, prove } from '../../../src/steps/prove.ts';

const expectations: Readonly<Record<string, Claim['expected']>> = {
  $hmacHashes: ['sha256'],
  'openssl-version': 'AWS-LC 5.12.0',
  'hash-providers': { sha256: '_hashlib', blake2b: '_blake2' },
};

const claim = (id: string, found: Claim['found'], changes: Partial<Claim> = {}): Claim => ({
  id,
  title: `Title of ${id}`,
  how: 'asked',
  // A claim of these tests is always one of the expectations, or given its own value.
  expected: expectations[id] ?? null,
  found,
  holds: true,
  ...changes,
});

const version = claim('openssl-version', 'AWS-LC 5.12.0');
// Another order of members than the plan's: JSON objects have none.
const providers = claim('hash-providers', { blake2b: '_blake2', sha256: '_hashlib' });
const proofOf = (...claims: readonly Claim[]): Proof => ({
  version: 1,
  kind: 'proof',
  claims: [...claims],
  facts: [],
  notChecked: [],
});

describe('the prove step', () => {
  let directory: string;
  let context: StepContext;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'prove-'));
    const places = {
      work: join(directory, 'work'),
      tree: join(directory, 'tree'),
      tool: join(directory, 'tool'),
      install: join(directory, 'install'),
    };
    for (const place of Object.values(places)) await mkdir(place);
    context = {
      places,
      environment: { PATH: '/usr/bin:/bin' },
      jobs: 1,
      niceness: 0,
      answersOf: { directory: 'unused', machine: 'unused' },
      logFile: join(directory, 'prove.log'),
      downloadsDir: join(directory, 'downloads'),
      fetch: { offline: true, mirrors: [], callerEnvironment: {} },
      signal: new AbortController().signal,
      progress: () => undefined,
    };
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Runs the step with a Python that runs this script instead of prove.py. */
  const runStep = async (script: string): Promise<Failure | 'holds'> => {
    const python = join(directory, 'install/python3');
    await writeFile(python, `#!/bin/sh\n${script}\n`);
    await chmod(python, 0o755);
    const step: Step = {
      id: 'prove-cell-0',
      kind: 'prove',
      subject: 'cell',
      title: 'prove what was built',
      fingerprint: '0',
      workKey: '0',
      inputs: {},
      flags: [],
      width: 'one',
      actions: [
        { do: 'write', path: '{work}/expectations.json', text: prettyJson(expectations) },
        { do: 'exec', argv: ['{install}/python3', '{tool}/prove.py'], cwd: '{work}' },
      ],
    };
    const result = await prove(step, context);
    return result.ok ? 'holds' : result.error;
  };
  const runWith = async (proof: unknown): Promise<Failure | 'holds'> => {
    const given = join(directory, 'given.json');
    await writeFile(given, typeof proof === 'string' ? proof : prettyJson(proof));
    return runStep(`cp '${given}' '${join(directory, 'tree/proof.json')}'`);
  };
  const kept = (): string => `${context.logFile}.proof.json`;

  it('ends well when every expectation has a claim that holds', async () => {
    expect(await runWith(proofOf(version, providers))).toBe('holds');
  });

  it('fails with expected and found of a claim that fails, and keeps the proof', async () => {
    const found = { sha256: '_sha2', blake2b: '_blake2' };
    const failing = proofOf(version, claim('hash-providers', found, { holds: false }));
    expect(await runWith(failing)).toEqual({
      code: 'proof-failed',
      claims: [{ id: 'hash-providers', expected: 'sha256: _hashlib', found: 'sha256: _sha2' }],
      log: kept(),
    });
    expect(JSON.parse(await readFile(kept(), 'utf8'))).toEqual(failing);
  });

  it.each<[string, Proof, { id: string; expected: string; found: string }]>([
    [
      'a claim that says it holds and does not',
      proofOf(claim('openssl-version', 'OpenSSL 3.0.19'), providers),
      { id: 'openssl-version', expected: 'AWS-LC 5.12.0', found: 'OpenSSL 3.0.19' },
    ],
    [
      'a claim that says it does not hold and does',
      proofOf({ ...version, holds: false }, providers),
      { id: 'openssl-version', expected: 'holds', found: 'said not to hold, with the expected value' },
    ],
    [
      'a claim that was judged by another expectation',
      proofOf(claim('openssl-version', 'OpenSSL 3.0.19', { expected: 'OpenSSL 3.0.19' }), providers),
      { id: 'openssl-version', expected: 'AWS-LC 5.12.0', found: 'judged by: OpenSSL 3.0.19' },
    ],
    ['a missing claim', proofOf(providers), { id: 'openssl-version', expected: 'AWS-LC 5.12.0', found: 'no claim' }],
    [
      'a claim that nobody asked for',
      proofOf(version, providers, claim('extra', null)),
      { id: 'extra', expected: 'no such claim', found: 'a claim that nobody asked for' },
    ],
    [
      'a setting that poses as a claim',
      proofOf(version, providers, claim('$hmacHashes', ['sha256'])),
      { id: '$hmacHashes', expected: 'no such claim', found: 'a claim that nobody asked for' },
    ],
    [
      'a claim that stands twice',
      proofOf(version, version, providers),
      { id: 'openssl-version', expected: 'one claim', found: 'the claim stands twice' },
    ],
  ])('fails on %s', async (_, proof, failed) => {
    expect(await runWith(proof)).toEqual({ code: 'proof-failed', claims: [failed], log: kept() });
  });

  it('fails when the program ends well and leaves no proof', async () => {
    expect(await runStep('exit 0')).toEqual({
      code: 'proof-failed',
      claims: [{ id: 'proof', expected: 'a proof', found: 'no file' }],
      log: context.logFile,
    });
  });

  it('fails on a proof that is not JSON, and keeps it', async () => {
    expect(await runWith('{"version": 1, "kind"')).toMatchObject({ code: 'record-invalid', path: kept() });
    expect(await readFile(kept(), 'utf8')).toBe('{"version": 1, "kind"');
  });

  it('names what is wrong in a proof of another form', async () => {
    const problems = [{ path: '$.claims[0].holds', message: expect.any(String) as unknown }];
    const broken = { ...proofOf(), claims: [{ ...version, holds: 'yes' }] };
    expect(await runWith(broken)).toEqual({ code: 'record-invalid', path: kept(), problems });
  });

  it('fails with the program’s last words when the program fails', async () => {
    expect(await runStep('echo "no such option" >&2; exit 2')).toMatchObject({
      code: 'command-failed',
      exit: 'exit code 2',
      lastLines: ['no such option'],
    });
  });

  it('checks a recorded proof again by the same rules', async () => {
    const path = join(directory, 'tree/proof.json');
    await writeFile(path, prettyJson(proofOf(version, providers)));
    expect(await checkProof(path, expectations)).toMatchObject({ ok: true });
    expect(await checkProof(path, { ...expectations, 'fips-mode': 1 })).toMatchObject({
      ok: false,
      error: { code: 'proof-failed', claims: [{ id: 'fips-mode', expected: '1', found: 'no claim' }], log: path },
    });
  });

  it('says when a proof cannot be read', async () => {
    expect(await checkProof(join(directory, 'tree'), expectations)).toMatchObject({
      ok: false,
      error: { code: 'io-failed', operation: 'read' },
    });
  });
});
