import { describe, expect, test } from 'vitest';
import type { SuiteEvent } from '../../src/model/suite.ts';
import { runSuitePass, type CaseSelection, type SuitePassRequest } from '../../src/steps/test.ts';
import { filesOf, makeSuiteTree, outcomesOf, readLog, requestPass } from '../rig/suites.ts';

const runFiles = async (
  files: Readonly<Record<string, string>>,
  selection: CaseSelection,
  changes: Partial<SuitePassRequest> = {},
): Promise<readonly SuiteEvent[]> => {
  const tree = await makeSuiteTree(files);
  const pass = await runSuitePass(requestPass(tree, selection, changes));
  if (!pass.ok) throw new Error(JSON.stringify(pass.error));
  expect(pass.value.deaths).toEqual([]);
  return pass.value.events;
};

const eventsNamed = <N extends SuiteEvent['event']>(
  events: readonly SuiteEvent[],
  name: N,
): readonly Extract<SuiteEvent, { readonly event: N }>[] =>
  events.filter((event): event is Extract<SuiteEvent, { readonly event: N }> => event.event === name);

const outcomesFile = `
import unittest

class Plain(unittest.TestCase):
    def test_error(self):
        raise ValueError('boom\\nsecond line')
    @unittest.expectedFailure
    def test_expected_failure(self):
        self.fail('known')
    def test_fail(self):
        self.assertEqual(1, 2, 'the message')
    def test_pass(self):
        """A docstring that must not become the id."""
    def test_skip(self):
        self.skipTest('why not')
    def test_error_in_teardown(self):
        self.addCleanup(lambda: 1 / 0)
    @unittest.expectedFailure
    def test_unexpected(self):
        pass

@unittest.skip('whole class')
class Decorated(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): pass

class SkippingFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest('not on this machine')
    def test_a(self): pass
    def test_b(self): pass

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

describe('outcomes', () => {
  test('every case has its own outcome, whatever class it is in', async () => {
    const events = await runFiles({ 'test_a.py': outcomesFile }, filesOf('test_a'));
    expect(outcomesOf(events)).toEqual({
      'Decorated.test_a': 'skip',
      'Decorated.test_b': 'skip',
      'FailingEnd.test_a': 'pass',
      'FailingFixture.test_a': 'error',
      'Plain.test_error': 'error',
      'Plain.test_error_in_teardown': 'error',
      'Plain.test_expected_failure': 'expected-failure',
      'Plain.test_fail': 'fail',
      'Plain.test_pass': 'pass',
      'Plain.test_skip': 'skip',
      'Plain.test_unexpected': 'unexpected-success',
      'SkippingFixture.test_a': 'skip',
      'SkippingFixture.test_b': 'skip',
    });
    expect(eventsNamed(events, 'fixture')).toMatchObject([
      { scope: 'test.test_a.FailingEnd', fixture: 'tearDownClass', outcome: 'error', reason: 'OSError: still open' },
      { scope: 'test.test_a.FailingFixture', fixture: 'setUpClass', outcome: 'error', reason: 'OSError: no port' },
      { scope: 'test.test_a.SkippingFixture', fixture: 'setUpClass', outcome: 'skip', reason: 'not on this machine' },
    ]);
    const ends = new Map(eventsNamed(events, 'end').map((end) => [end.id, end]));
    expect(ends.get('test.test_a.Plain.test_error')?.reason).toBe('ValueError: boom');
    expect(ends.get('test.test_a.Plain.test_fail')?.details).toContain('the message');
    expect(ends.get('test.test_a.SkippingFixture.test_b')?.reason).toBe('not on this machine');
    expect(ends.get('test.test_a.FailingFixture.test_a')?.reason).toBe('setUpClass: OSError: no port');
  });

  test('all collected cases are told before the first starts, and each is started once', async () => {
    const events = await runFiles({ 'test_a.py': outcomesFile }, filesOf('test_a'));
    const collected = eventsNamed(events, 'collect').flatMap((event) => event.ids);
    const started = eventsNamed(events, 'start').map((event) => event.id);
    expect([...started].sort()).toEqual([...collected].sort());
    expect(new Set(started).size).toBe(started.length);
    expect(events.findIndex((event) => event.event === 'collect')).toBeLessThan(
      events.findIndex((event) => event.event === 'start'),
    );
    expect(events.at(-1)).toMatchObject({ event: 'done', file: 'test_a', started: started.length });
  });

  test('subtests that do not pass are told apart, also without a name', async () => {
    const events = await runFiles(
      {
        'test_a.py': `
import unittest

class Sub(unittest.TestCase):
    def test_some(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)
    def test_nameless(self):
        for number in range(4):
            with self.subTest():
                if number == 1:
                    self.skipTest('odd one')
                self.assertLess(number, 3)
    def test_equal(self):
        for number in range(2):
            with self.subTest('again', thing=object()):
                raise ValueError(number)
    def test_all_skip(self):
        with self.subTest(only=1):
            self.skipTest('nothing to see')
`,
      },
      filesOf('test_a'),
    );
    expect(
      eventsNamed(events, 'subtest').map(({ id, params, outcome }) => [id.split('.').at(-1), params, outcome]),
    ).toEqual([
      ['test_all_skip', '(only=1)', 'skip'],
      ['test_equal', '[again] (thing=<object object at 0x...>)', 'error'],
      ['test_equal', '[again] (thing=<object object at 0x...>) #2', 'error'],
      ['test_nameless', '(<subtest>) #2', 'skip'],
      ['test_nameless', '(<subtest>) #4', 'fail'],
      ['test_some', '(number=1)', 'fail'],
    ]);
    expect(outcomesOf(events)).toEqual({
      'Sub.test_all_skip': 'skip',
      'Sub.test_equal': 'error',
      'Sub.test_nameless': 'fail',
      'Sub.test_some': 'fail',
    });
    expect(eventsNamed(events, 'end').find((end) => end.id.endsWith('test_some'))).not.toHaveProperty('details');
  });

  test('a case that fails by itself after a subtest that errors tells both', async () => {
    const events = await runFiles(
      {
        'test_a.py': `
import unittest

class Both(unittest.TestCase):
    def test_both(self):
        with self.subTest(number=1):
            raise ValueError('in the subtest')
        self.fail('by itself')
`,
      },
      filesOf('test_a'),
    );
    const [end] = eventsNamed(events, 'end');
    expect(end).toMatchObject({
      outcome: 'error',
      reason: '1 of 1 subtests failed; AssertionError: by itself',
      details: expect.stringMatching(/line 8, in test_both[^]*AssertionError: by itself$/) as string,
    });
  });

  test('a very long failure keeps its end', async () => {
    const events = await runFiles(
      {
        'test_a.py': `
import unittest
class Long(unittest.TestCase):
    def test_long(self):
        raise ValueError('x' * 100000 + 'the end')
`,
      },
      filesOf('test_a'),
    );
    const [end] = eventsNamed(events, 'end');
    expect(end?.details).toMatch(/the end$/);
    expect(end?.details?.length).toBeLessThan(9000);
    expect(end?.reason?.length).toBeLessThan(600);
  });
});

describe('files', () => {
  test('a module that skips, fails to import or fails to load says so, and the others run', async () => {
    const events = await runFiles(
      {
        'test_denied.py': "from test import support\nsupport.requires('network')\n",
        'test_broken.py': 'import nothing_of_that_name\n',
        'test_syntax.py': 'def (:\n',
        'test_load.py': "def load_tests(*args):\n    raise ValueError('cannot load')\n",
        'test_module.py': `
import unittest
def setUpModule(): raise unittest.SkipTest('no module today')
class A(unittest.TestCase):
    def test_a(self): pass
`,
        'test_good.py': 'import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n',
      },
      filesOf('test_denied', 'test_broken', 'test_syntax', 'test_load', 'test_module', 'test_good'),
    );
    expect(eventsNamed(events, 'import').map(({ file, outcome, reason }) => [file, outcome, reason])).toEqual([
      ['test_denied', 'skip', "Use of the 'network' resource not enabled"],
      ['test_broken', 'error', "ModuleNotFoundError: No module named 'nothing_of_that_name'"],
      ['test_syntax', 'error', expect.stringMatching(/^SyntaxError: invalid syntax/)],
      ['test_load', 'error', 'ValueError: cannot load'],
      ['test_module', 'ok', undefined],
      ['test_good', 'ok', undefined],
    ]);
    expect(eventsNamed(events, 'end').map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
      ['test.test_module.A.test_a', 'skip', 'no module today'],
      ['test.test_good.A.test_a', 'pass', undefined],
    ]);
  });

  test('load_tests decides what is run, and packages are run file by file', async () => {
    const one =
      'import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n    def test_b(self): pass\n';
    const events = await runFiles(
      {
        'test_load.py': `${one}
def load_tests(loader, tests, pattern):
    return unittest.TestSuite([A('test_b'), A('test_a')])
`,
        'test_pack/__init__.py': '',
        'test_pack/test_one.py': one,
        'test_pack/test_two.py': one,
      },
      filesOf('test_load', 'test_pack'),
    );
    expect(eventsNamed(events, 'collect').map(({ file, ids }) => [file, ids])).toEqual([
      ['test_load', ['test.test_load.A.test_b', 'test.test_load.A.test_a']],
      ['test_pack.test_one', ['test.test_pack.test_one.A.test_a', 'test.test_pack.test_one.A.test_b']],
      ['test_pack.test_two', ['test.test_pack.test_two.A.test_a', 'test.test_pack.test_two.A.test_b']],
    ]);
  });

  test('patterns match the whole id or one part of it, and resources are enabled by name', async () => {
    const file = `
import unittest
from test import support
class First(unittest.TestCase):
    def test_a(self): pass
    def test_network(self): support.requires('network')
class Second(unittest.TestCase):
    def test_a(self): pass
`;
    const tree = { 'test_a.py': file };
    const matched = await runFiles(tree, { from: 'files', files: ['test_a'], match: ['Sec*', '*First.test_net*'] });
    expect(outcomesOf(matched)).toEqual({ 'First.test_network': 'skip', 'Second.test_a': 'pass' });
    const enabled = await runFiles(tree, filesOf('test_a'), { resources: ['network'] });
    expect(outcomesOf(enabled)['First.test_network']).toBe('pass');
  });

  test('chosen cases run alone, each in its own process', async () => {
    const file = `
import os, unittest
class A(unittest.TestCase):
    def test_a(self): print('pid', os.getpid())
    def test_b(self): pass
    def test_c(self): pass
`;
    const events = await runFiles(
      { 'test_a.py': file },
      { from: 'cases', cases: { test_a: ['test.test_a.A.test_c', 'test.test_a.A.test_a'] }, alone: true },
    );
    expect(outcomesOf(events)).toEqual({ 'A.test_a': 'pass', 'A.test_c': 'pass' });
    expect(new Set(eventsNamed(events, 'begin').map((begin) => begin.pid)).size).toBe(2);
  });

  test('a file leaves nothing behind for the next one', async () => {
    const events = await runFiles(
      {
        'test_a.py': `
import os, unittest
from test import support
class A(unittest.TestCase):
    def test_a(self):
        os.environ['LEFT'] = '1'
        open(support.TESTFN, 'w').close()
`,
        'test_b.py': `
import os, sys, unittest
from test import support
class B(unittest.TestCase):
    def test_clean(self):
        self.assertNotIn('LEFT', os.environ)
        self.assertFalse(os.path.exists(support.TESTFN))
        self.assertNotIn('test.test_a', sys.modules)
        self.assertFalse([path for path in sys.path if path.endswith('src/python')])
        self.assertTrue(os.environ['HOME'].startswith(os.path.dirname(os.environ['TMPDIR'])))
        self.assertTrue(os.getcwd().startswith(os.environ['TMPDIR']))
`,
      },
      filesOf('test_a', 'test_b'),
    );
    expect(outcomesOf(events)).toEqual({ 'A.test_a': 'pass', 'B.test_clean': 'pass' });
  });

  test('a child that a test forks and loses writes no events', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, unittest
class A(unittest.TestCase):
    def test_fork(self):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
    def test_z(self):
        print('ran in', os.getpid())
`,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a')));
    expect(pass.ok && eventsNamed(pass.value.events, 'end').map((end) => end.id.split('.').at(-1))).toEqual([
      'test_fork',
      'test_z',
    ]);
    expect((await readLog(tree, 'shard-1')).match(/ran in/g)).toHaveLength(2);
  });
});
