import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CellDiff } from '../../src/model/diff.ts';
import { diffDocumentSchema } from '../../src/model/diff.ts';
import { parseJson } from '../../src/model/json.ts';
import { runReal } from '../rig/real-python.ts';

// Optional packages are not installed for `npm test`.
const hasOpenssl = existsSync('/usr/include/openssl/opensslv.h');

describe.skipIf(!hasOpenssl)('the default recipe and its twin on this machine’s OpenSSL', () => {
  let cell: CellDiff;

  beforeAll(async () => {
    const document = parseJson(diffDocumentSchema, (await runReal(['diff', '--preset', 'quick', '--json'])).stdout);
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    const [only] = document.value.cells;
    if (only === undefined) throw new Error('no cell');
    cell = only;
  });

  it('differ in what AWS-LC lacks, and in nothing that is the machine’s', () => {
    expect(cell.openssl).toMatch(/^OpenSSL /);
    // Every difference is known, and none is OpenSSL's failure.
    expect(cell.differences.filter(({ reason }) => reason === undefined)).toEqual([]);
    expect(new Set(cell.differences.map(({ kind }) => kind))).toEqual(new Set(['fails-on-awslc', 'skipped-on-awslc']));
    expect(cell.differences.every(({ openssl }) => openssl.outcome === 'passed')).toBe(true);
    expect(new Set(cell.differences.map(({ file }) => file))).toEqual(new Set(['test_ssl']));
  });

  it('differ in post-handshake authentication, which the twin keeps though the core was told to leave it out', () => {
    const pha = cell.differences.filter(({ id }) => id.includes('TestPostHandshakeAuth'));
    expect(pha.length).toBeGreaterThan(5);
  });

  it('are alike in everything else, skips of the environment included', () => {
    expect(cell.same.cases).toBe(cell.cases - cell.differences.length - cell.unsteady.length);
    expect(cell.same.cases).toBeGreaterThan(350);
    expect(cell.same.skipped).toBeGreaterThan(10);
    expect(cell.same.failed).toBe(0);
  });
});
