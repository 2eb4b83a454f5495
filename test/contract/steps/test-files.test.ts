import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { checkTestFiles } from '../../../src/steps/test-files.ts';

let library: string;
beforeEach(async () => {
  library = await mkdtemp(join(tmpdir(), 'library-'));
});
afterEach(() => removeTree(library));

describe('chosen test files', () => {
  it('must be files or packages of this CPython; a file of a package is one of it', async () => {
    await mkdir(join(library, 'test', 'test_asyncio'), { recursive: true });
    await writeFile(join(library, 'test', 'test_ssl.py'), '');
    expect(await checkTestFiles(['test_ssl', 'test_asyncio', 'test_asyncio.test_ssl'], library)).toBeUndefined();
    expect(await checkTestFiles(['test_ssl', 'test_sll', 'test_zzz'], library)).toMatchObject({
      code: 'usage',
      message: 'No test file test_sll, test_zzz in this CPython.',
      next: 'Did you mean test_ssl?',
    });
  });

  it('are not checked where the suite was left out', async () => {
    expect(await checkTestFiles(['test_sll'], library)).toBeUndefined();
  });
});
