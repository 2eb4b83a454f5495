import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlainComparison } from '../../../src/model/plain.ts';
import type { Result } from '../../../src/model/result.ts';
import { buildEnvironment } from '../../../src/plan/environment.ts';
import { comparePlainSuites } from '../../../src/run/compare-plain.ts';
import { runSuitePass } from '../../../src/steps/test.ts';
import { filesOf, makeSuiteTree, plainMain, requestPass, systemPython, toolDir } from '../../rig/suites.ts';

interface Compared {
  readonly comparison: Result<PlainComparison>;
  readonly dir: string;
  /** The prefix as it was before, and as it is now. */
  readonly prefixFiles: readonly [readonly string[], readonly string[]];
  readonly tmpFiles: readonly string[];
}

/** Runs a file through the driver and compares, with a Python of its own in a fake store. */
const compareFile = async (text: string, main: string): Promise<Compared> => {
  const tree = await makeSuiteTree({ 'test_a.py': text, '__main__.py': main });
  const prefix = join(tree.dir, 'store', 'opt', 'cpython-awslc');
  const python = join(prefix, 'bin', 'python3');
  const tmpDir = join(tree.dir, 'store', 'tmp');
  await mkdir(join(prefix, 'bin'), { recursive: true });
  await mkdir(tmpDir);
  const asks = `PYTHONPATH='${tree.dir}' PLACE="$0" exec '${systemPython}' -B "$@"`;
  await writeFile(python, `#!/bin/sh\n${asks}\n`);
  await chmod(python, 0o755);
  const first = await runSuitePass(requestPass(tree, filesOf('test_a'), { python, env: { PATH: '/usr/bin:/bin' } }));
  if (!first.ok) throw new Error(JSON.stringify(first.error));
  const { pass, events, deaths, environment, durationMs } = first.value;
  const before = await readdir(prefix, { recursive: true });
  const comparison = await comparePlainSuites({
    cell: {
      prefix,
      suites: { runs: [{ pass, events, deaths }], environment, durationMs },
      suitesOf: '2026-01-02T03:04:05.000Z',
      suitesAreNew: false,
    },
    plan: { environment: buildEnvironment, test: { preset: 'quick', files: ['test_a'], match: [] } },
    tmpDir,
    logDir: join(tree.dir, 'logs', 'plain'),
    toolDir,
    path: '/usr/bin:/bin',
    jobs: 2,
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  return {
    comparison,
    dir: tree.dir,
    prefixFiles: [before, await readdir(prefix, { recursive: true })],
    tmpFiles: await readdir(tmpDir),
  };
};

const file = `
import os, unittest

def count(name):
    path = os.path.join(os.path.dirname(__file__), name)
    with open(path, 'a') as file:
        file.write('x')
    return os.path.getsize(path)

class A(unittest.TestCase):
    def test_good(self):
        print('place', os.environ['PLACE'], sorted(os.environ))
    def test_bad(self):
        self.fail()
    def test_differs(self):
        self.assertNotIn('PLAIN', os.environ)
    def test_unsteady(self):
        self.assertNotEqual(count('runs'), 2)

if 'PLAIN' in os.environ:
    class Extra(unittest.TestCase):
        def test_extra(self): pass
`;

test('cases that differ are run again alone, and only those that still differ count', async () => {
  const { comparison, dir, prefixFiles, tmpFiles } = await compareFile(file, plainMain);
  if (!comparison.ok) throw new Error(JSON.stringify(comparison.error));
  expect(comparison.value).toMatchObject({
    cases: 5,
    agree: 2,
    differences: [
      { id: 'test.test_a.A.test_differs', plain: 'fail', driver: 'pass' },
      { id: 'test.test_a.Extra.test_extra', plain: 'pass', driver: 'absent' },
    ],
    unsteady: [{ id: 'test.test_a.A.test_unsteady', plain: 'fail', driver: 'pass' }],
    retestLeftOut: false,
    plain: { jobs: 2, ran: 5, read: 5 },
    driver: { of: '2026-01-02T03:04:05.000Z' },
  });
  const output = await readFile(join(dir, 'logs', 'plain', 'plain.txt'), 'utf8');
  // Run from a copy, in the plan's environment without what only builds need; nothing of either is left.
  expect(output).toMatch(new RegExp(`place ${dir}/store/tmp/plain-[^/]+/opt/cpython-awslc/bin/python3`));
  expect(output).toContain("'LC_ALL', ");
  expect(output).not.toMatch(/SOURCE_DATE_EPOCH|PYTHONHASHSEED|VITEST/);
  expect(prefixFiles[1]).toEqual(prefixFiles[0]);
  expect(tmpFiles).toEqual([]);
});

test('so many differences are no chance: none is run again', async () => {
  const many = `
import os, unittest
class A(unittest.TestCase):
    pass
for number in range(21):
    setattr(A, 'test_%02d' % number, lambda self: self.assertNotIn('PLAIN', os.environ))
`;
  const { comparison, dir } = await compareFile(many, plainMain);
  expect(comparison).toMatchObject({ ok: true, value: { agree: 0, retestLeftOut: true, unsteady: [] } });
  expect(comparison.ok && comparison.value.differences.length).toBe(21);
  expect((await readdir(join(dir, 'logs', 'plain'))).sort()).toEqual(['plain.log', 'plain.txt']);
});

test('a plain run that crashes is a failure, and its copy of the Python goes', async () => {
  const { comparison, tmpFiles } = await compareFile(file, 'import os\nos.abort()\n');
  expect(comparison).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'signal SIGABRT' } });
  expect(tmpFiles).toEqual([]);
});
