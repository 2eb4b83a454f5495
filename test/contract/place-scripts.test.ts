import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'scripts-'));
  mkdirSync(join(tree, 'bin'));
  mkdirSync(join(tree, 'lib/python3.99/site-packages/pip-1.dist-info'), { recursive: true });
});
afterEach(() => {
  rmSync(tree, { recursive: true });
});

const body = 'import sys\nsys.exit(0)\n';
const placed = `#!/final/bin/python3\n${body}`;
const recordOf = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const place = (first: string): { scripts: readonly string[]; record: string } => {
  for (const name of ['pip', 'easy_install'])
    writeFileSync(join(tree, 'bin', name), `${first}${body}`, { mode: 0o755 });
  writeFileSync(join(tree, 'bin/python3'), '\x7fELF');
  const record = join(tree, 'lib/python3.99/site-packages/pip-1.dist-info/RECORD');
  const rows = [
    '../../../bin/pip,sha256=old,1',
    '../../../bin/easy_install,sha256=old,1',
    '"pip/a,b.py",sha256=kept,2',
    'pip-1.dist-info/RECORD,,',
  ];
  writeFileSync(record, recordOf(...rows));
  execFileSync('python3', [resolve('src/python/place_scripts.py'), tree, '/final']);
  return {
    scripts: ['pip', 'easy_install'].map((name) => readFileSync(join(tree, 'bin', name), 'utf8')),
    record: readFileSync(record, 'utf8'),
  };
};

// What pip writes of an interpreter, and what it writes when that is longer than a first line may be.
it.each([
  ['short', '#!/store/tmp/1/bin/python3\n'],
  ['long', `#!/bin/sh\n'''exec' /store/${'x'.repeat(130)}/bin/python3 "$0" "$@"\n' '''\n`],
])('scripts come to the same bytes from a %s path, and RECORD has their digests', (_, first) => {
  const digest = createHash('sha256').update(placed).digest('base64url');
  const { scripts, record } = place(first);
  expect(scripts).toEqual([placed, placed]);
  expect(record).toBe(
    recordOf(
      `../../../bin/pip,sha256=${digest},${placed.length}`,
      `../../../bin/easy_install,sha256=${digest},${placed.length}`,
      '"pip/a,b.py",sha256=kept,2',
      'pip-1.dist-info/RECORD,,',
    ),
  );
  expect(statSync(join(tree, 'bin/pip')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(tree, 'bin/python3'), 'latin1')).toBe('\x7fELF');
});
