import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { runReal } from '../rig/real-python.ts';

const resultSchema = z.object({
  cells: z
    .array(
      z.object({
        plain: z.object({
          cases: z.int(),
          agree: z.int(),
          differences: z.array(z.unknown()),
          plain: z.object({ ran: z.int(), read: z.int(), outputFile: z.string() }),
        }),
      }),
    )
    .length(1),
});

// A few short files that have cases, subtests, skips and servers; `cpython-awslc test --compare-plain` compares all.
test('the driver and `python -m test` agree case by case in a Python that was really built', async () => {
  const { stdout } = await runReal([
    'test',
    '--json',
    '--compare-plain',
    '--tests',
    'test_hmac,test_poplib,test_urllib',
  ]);
  const [cell] = resultSchema.parse(JSON.parse(stdout)).cells;
  if (cell === undefined) throw new Error('no cell');
  const { cases, agree, differences, plain } = cell.plain;
  expect(differences).toEqual([]);
  expect(cases).toBeGreaterThan(300);
  expect(agree).toBe(cases);
  expect(plain.read).toBe(plain.ran);
  expect(await readFile(plain.outputFile, 'utf8')).toMatch(/Result: SUCCESS/);
});
