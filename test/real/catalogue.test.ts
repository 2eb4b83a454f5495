import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTree } from '../../src/io/files.ts';
import { probedSources } from '../../src/plan/capabilities.ts';
import { readAwslcHeaders } from '../../src/run/source-facts.ts';
import { defaultCatalogue } from '../rig/plan-inputs.ts';
import { realStore, runReal } from '../rig/real-python.ts';

/** Only what the probe reads: a whole archive takes a second or two. */
const unpackProbed = (archive: string, root: string, into: string): void => {
  const paths = ['include', ...Object.values(probedSources)].map((path) => `${root}/${path}`);
  execFileSync('tar', ['-xzf', archive, '-C', into, ...paths]);
};

it('the catalogue says of every AWS-LC that has been fetched here what reading it says', async () => {
  await runReal(['fetch']);
  const fetched = defaultCatalogue.awslc.entries
    .map((entry) => ({ ...entry, path: join(realStore(), 'downloads', entry.archive.sha256) }))
    .filter(({ path }) => existsSync(path));
  expect(fetched.map(({ version }) => version)).toContain('5.12.0');
  for (const { version, archive, capabilities, path } of fetched) {
    const directory = await mkdtemp(join(tmpdir(), 'catalogue-'));
    try {
      unpackProbed(path, archive.root, directory);
      const read = await readAwslcHeaders({
        tree: join(directory, archive.root),
        path: process.env['PATH'] ?? '',
        signal: new AbortController().signal,
      });
      expect(read, version).toMatchObject({ ok: true, value: { version: version.replace('fips-', ''), capabilities } });
      expect(read.ok && read.value.capabilities, version).toEqual(capabilities);
    } finally {
      await removeTree(directory);
    }
  }
});
