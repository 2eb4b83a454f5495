import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readUmask } from '../../../src/io/umask.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'umask-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('reads the process’s umask and leaves it alone', () => {
  const before = process.umask(0o027);
  const read = readUmask();
  // What it was until now is what setting it gives back.
  expect([read, process.umask(before)]).toEqual([0o027, 0o027]);
});

it('says nothing where the kernel says nothing', async () => {
  const old = join(directory, 'status');
  await writeFile(old, 'Name:\tnode\nState:\tR (running)\n');
  expect(readUmask(old)).toBeUndefined();
  expect(readUmask(join(directory, 'absent'))).toBeUndefined();
});
