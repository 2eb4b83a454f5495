import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Result } from '../../src/model/result.ts';
import { runPlainSuites } from '../../src/steps/test-plain.ts';
import { runSuitePass } from '../../src/steps/test.ts';
import { comparePlain, parsePlain } from '../../src/verdict/plain.ts';
import { filesOf, makeSuiteTree, plainMain, requestPass, systemPython, type SuiteTree } from '../rig/suites.ts';

const file = `
import unittest

class Case(unittest.TestCase):
    def test_docstring(self):
        """Printed below the name."""
    def test_error(self):
        raise ValueError('boom')
    @unittest.expectedFailure
    def test_expected(self):
        self.fail()
    def test_fail(self):
        self.fail()
    def test_noisy(self):
        print('server: FAIL')
    def test_skip(self):
        self.skipTest("it's not here")
    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)
    def test_subtests_skip(self):
        for number in range(2):
            with self.subTest(number=number):
                self.skipTest('no')
    @unittest.expectedFailure
    def test_surprise(self):
        pass

class SkippingFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest('no class')
    def test_a(self): pass

class FailingFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError('no port')
    def test_a(self): pass

class FailingEnd(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise OSError('still open')
    def test_a(self): pass
`;

const runPlain = (tree: SuiteTree): Promise<Result<{ readonly text: string; readonly durationMs: number }>> =>
  runPlainSuites({
    python: systemPython,
    files: ['test_a'],
    match: [],
    resources: [],
    jobs: 2,
    env: tree.env,
    outputFile: join(tree.dir, 'plain.txt'),
    logFile: join(tree.dir, 'plain.log'),
    signal: new AbortController().signal,
  });

test('the driver agrees with what unittest prints, case by case', async () => {
  const tree = await makeSuiteTree({ 'test_a.py': file, '__main__.py': plainMain });
  const plain = await runPlain(tree);
  const pass = await runSuitePass(requestPass(tree, filesOf('test_a')));
  if (!plain.ok || !pass.ok) throw new Error('neither run may fail');
  const parsed = parsePlain(plain.value.text);
  expect(parsed.cases.size).toBe(10);
  expect(parsed.ran).toBe(10);
  expect([...parsed.scopes.keys()].sort()).toEqual(['test.test_a.FailingFixture', 'test.test_a.SkippingFixture']);
  expect(comparePlain(parsed, pass.value.events)).toEqual({ cases: 12, differences: [] });
  expect(plain.value.text).toMatch(/HOME \S+\/p-\w+\/home \['-v', '-j2', 'test_a'\]/);
});

test('a plain run that does not come to its end is a failure', async () => {
  const tree = await makeSuiteTree({ 'test_a.py': file, '__main__.py': 'import os\nos.abort()\n' });
  const plain = await runPlain(tree);
  expect(plain).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'signal SIGABRT' } });
  expect(await readFile(join(tree.dir, 'plain.log'), 'utf8')).toContain('-m test -v -j2 test_a');
});
