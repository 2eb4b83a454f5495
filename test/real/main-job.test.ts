import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseJson } from '../../src/model/json.ts';
import { isAsExpected } from '../../src/model/proof.ts';
import { runRecordSchema } from '../../src/model/record.ts';
import { resultDocumentSchema } from '../../src/model/result-document.ts';
import { realStore, runReal } from '../rig/real-python.ts';

type Document = z.infer<typeof resultDocumentSchema>;
type Cell = Document['cells'][number];
/** A cell whose proof and verdicts are there. */
type Judged = { readonly [K in 'proof' | 'verdicts']: NonNullable<Cell[K]> };

describe('the default recipe, built for real', () => {
  let cell: Judged;
  let run: string;
  let python: string;

  beforeAll(async () => {
    // runReal throws unless the exit code is 0.
    const result = parseJson(resultDocumentSchema, (await runReal(['test', '--json'])).stdout);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const [only] = result.value.cells;
    if (!only?.proof || !only.verdicts || result.value.run === null) throw new Error('no cell, proof or verdict');
    cell = { proof: only.proof, verdicts: only.verdicts };
    run = result.value.run;
    python = only.python ?? '';
  });

  it('proves every claim', () => {
    expect(cell.proof.claims.filter((claim) => !isAsExpected(claim))).toEqual([]);
    expect(cell.proof.claims.length).toBeGreaterThanOrEqual(30);
  });

  it('runs the crypto suites as the manifest expects, the whole roster', () => {
    const { counts, cases, asExpected } = cell.verdicts;
    expect(asExpected).toBe(true);
    expect(cases).toBeGreaterThan(4000);
    expect(counts.LOST).toBe(0);
    expect(counts.XFAIL).toBe(1);
    expect(cell.verdicts.entries.filter(({ use }) => use === 'unused' || use === 'no-case')).toEqual([]);
  });

  it('has .pyc files by one policy: unoptimized, checked by the hash of their source', async () => {
    const library = join(dirname(dirname(python)), 'lib', 'python3.14');
    const compiled = (await readdir(library, { recursive: true })).filter((path) => path.endsWith('.pyc'));
    expect(compiled.length).toBeGreaterThan(1000);
    const others = [];
    for (const path of compiled) {
      // Bytes 4 to 7 are flags (PEP 552): 3 is a hash that is checked.
      const flags = (await readFile(join(library, path))).readUInt32LE(4);
      if (flags !== 3 || /\.opt-\d\.pyc$/.test(path)) others.push(`${path} ${flags}`);
    }
    expect(others).toEqual([]);
  });

  it('runs the built Python', async () => {
    const code = 'import ssl, hashlib; print(ssl.OPENSSL_VERSION, hashlib.sha256.__module__, ssl.HAS_PHA)';
    const { stdout } = await runReal(['run', '--', '-c', code]);
    expect(stdout).toBe('AWS-LC 5.12.0 _hashlib False\n');
    expect((await runReal(['run', '--', '-m', 'pip', '--version'])).stdout).toMatch(/^pip \d+.*\(python 3\.14\)\n$/);
  });

  it('does nothing again the second time', async () => {
    const result = z
      .object({ recorded: z.boolean(), run: z.string() })
      .parse(JSON.parse((await runReal(['test', '--json'])).stdout));
    expect(result).toEqual({ recorded: true, run });
  });

  it('records what it did without a mirror, a user or a host', async () => {
    const file = join(realStore(), 'runs', run, 'run.json');
    const record = parseJson(runRecordSchema, await readFile(file, 'utf8'));
    if (!record.ok) throw new Error(JSON.stringify(record.error));
    const told = record.value.stepRecords.map(({ origin, originsTried, commands, title }) => ({
      origin,
      originsTried,
      commands,
      title,
    }));
    expect(JSON.stringify(told)).not.toMatch(/:\/\//);
    expect(JSON.stringify({ told, plan: record.value.plan })).not.toContain(realStore());
    // Unless the download was in the store already, and nobody gave it in this store's memory.
    const origin = record.value.stepRecords.find(({ id }) => id.startsWith('fetch-awslc'))?.origin;
    expect(['crate aws-lc-sys 0.47.0', undefined]).toContain(origin);
  });

  it('has pip’s scripts with the fixed prefix in their first line, and RECORD says what they are', async () => {
    const installed = dirname(dirname(python));
    const script = await readFile(join(installed, 'bin/pip3'));
    expect(script.toString()).toMatch(/^#!\/opt\/cpython-awslc\/bin\/python3\nimport sys\n/);
    const packages = join(installed, 'lib/python3.14/site-packages');
    const [pip] = (await readdir(packages)).filter((name) => /^pip-.*\.dist-info$/.test(name));
    const digest = createHash('sha256').update(script).digest('base64url');
    const record = await readFile(join(packages, pip ?? '', 'RECORD'), 'utf8');
    expect(record).toContain(`../../../bin/pip3,sha256=${digest},${script.length}\n`);
  });

  it('copies itself to a prefix where extensions build against the right paths', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'prefix-'));
    const prefix = join(directory, 'python');
    try {
      await runReal(['build', '--prefix', prefix]);
      const sysconfig = await readFile(
        join(prefix, 'lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py'),
        'utf8',
      ).catch(() => prefix);
      expect(sysconfig).toContain(prefix);
      expect(sysconfig).not.toContain('/opt/cpython-awslc');
      expect(await readFile(join(prefix, 'bin/pip3'), 'utf8')).toMatch(new RegExp(`^#!${prefix}/bin/python3`));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
