import { beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { parseJson } from '../../src/model/json.ts';
import { planSchema } from '../../src/model/plan.ts';
import { isAsExpected } from '../../src/model/proof.ts';
import { resultDocumentSchema } from '../../src/model/result-document.ts';
import { runReal } from '../rig/real-python.ts';

type Cell = z.infer<typeof resultDocumentSchema>['cells'][number];

describe('a series that needs a patch, on the AWS-LC that the default recipe built', () => {
  const args = ['--python', '3.13.15'];
  let cell: Cell;

  beforeAll(async () => {
    // runReal throws unless the exit code is 0.
    await runReal(['build', '--json']);
    const ran = await runReal(['test', ...args, '--json']);
    const result = parseJson(resultDocumentSchema, ran.stdout);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const [only] = result.value.cells;
    if (only === undefined) throw new Error('no cell');
    cell = only;
  });

  it('is built on the same AWS-LC, compiled once', async () => {
    const libraryOf = async (more: readonly string[]): Promise<string | undefined> => {
      const plan = parseJson(planSchema, (await runReal(['plan', '--json', ...more])).stdout);
      return plan.ok ? plan.value.cells[0]?.steps['compile-awslc'] : undefined;
    };
    const library = await libraryOf([]);
    expect(library).toMatch(/^compile-awslc-/);
    expect(await libraryOf(args)).toBe(library);
  });

  it('proves every claim', () => {
    expect(cell.proof?.claims.filter((claim) => !isAsExpected(claim))).toEqual([]);
  });

  it('runs the crypto suites as its manifest expects, and uses every entry', () => {
    expect(cell.verdicts).toMatchObject({ asExpected: true, counts: { LOST: 0, XFAIL: 12 } });
    expect(cell.verdicts?.entries.filter(({ use }) => use === 'unused' || use === 'no-case')).toEqual([]);
  });

  it('has no post-handshake authentication, and hashes from AWS-LC', async () => {
    const code =
      'import ssl, hashlib; print(ssl.OPENSSL_VERSION, hashlib.sha256.__module__, ssl.create_default_context().post_handshake_auth)';
    expect((await runReal(['run', ...args, '--', '-c', code])).stdout).toBe('AWS-LC 5.12.0 _hashlib None\n');
  });
});
