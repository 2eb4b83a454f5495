import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareCodeUnits, parseJson, prettyJson } from '../../src/model/json.ts';
import { rosterSchema } from '../../src/model/manifest.ts';
import { timingsSchema } from '../../src/model/timings.ts';

const listJson = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.json'));

test('every roster is valid, named by its version, sorted, and written as the tool writes it', async () => {
  const names = await listJson('recipes/rosters');
  expect(names).toContain('3.14.6.json');
  for (const name of names) {
    const text = await readFile(join('recipes/rosters', name), 'utf8');
    const roster = parseJson(rosterSchema, text);
    if (!roster.ok) throw new Error(JSON.stringify(roster.error));
    expect(`${roster.value.python}.json`).toBe(name);
    expect(prettyJson(roster.value)).toBe(text);
    for (const classes of Object.values(roster.value.files)) {
      expect(Object.keys(classes)).toEqual(Object.keys(classes).sort(compareCodeUnits));
      for (const cases of Object.values(classes)) expect(cases).toEqual([...new Set(cases)].sort(compareCodeUnits));
    }
  }
});

test('the roster of 3.14.6 has the crypto preset', async () => {
  const roster = parseJson(rosterSchema, await readFile('recipes/rosters/3.14.6.json', 'utf8'));
  if (!roster.ok) throw new Error(JSON.stringify(roster.error));
  const { files } = roster.value;
  expect(Object.keys(files)).toHaveLength(15);
  expect(files['test_ssl']?.['test.test_ssl.ThreadedTests']).toContain('test_psk_tls1_3');
  expect(files['test_smtpnet']).toEqual({});
  expect(Object.values(files).flatMap((classes) => Object.values(classes).flat())).toHaveLength(4106);
});

test('every table of times is valid', async () => {
  for (const name of await listJson('recipes/timings')) {
    const timings = parseJson(timingsSchema, await readFile(join('recipes/timings', name), 'utf8'));
    expect(timings.ok && timings.value.python.startsWith(name.replace(/\.json$/, '.'))).toBe(true);
  }
});
