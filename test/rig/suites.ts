import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { SuiteEvent } from '../../src/model/suite.ts';
import { fixedPace } from '../../src/plan/pace.ts';
import type { CaseSelection, SuitePassRequest } from '../../src/steps/test.ts';

/** What the driver needs of test.support and libregrtest: distributions leave the real ones out. */
export const testPackage: Readonly<Record<string, string>> = {
  'test/__init__.py': '',
  'test/support/__init__.py': `
import contextlib, gc, os, shutil, unittest

TESTFN = '@test_file'
FS_NONASCII = '\\xe6'
use_resources = None

class ResourceDenied(unittest.SkipTest):
    pass

def requires(resource):
    if use_resources is not None and resource not in use_resources:
        raise ResourceDenied('Use of the %r resource not enabled' % resource)

def gc_collect():
    gc.collect()

def unlink(path):
    os.unlink(path)

@contextlib.contextmanager
def temp_cwd(path, quiet=False):
    before = os.getcwd()
    os.mkdir(path)
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
        shutil.rmtree(path)
`,
  'test/support/socket_helper.py': 'IPV6_ENABLED = False\n',
  'test/libregrtest/__init__.py': '',
  'test/libregrtest/findtests.py': `
import os, test

def split_test_packages(names):
    split = []
    for name in names:
        folder = os.path.join(os.path.dirname(test.__file__), name)
        if os.path.isdir(folder):
            split += sorted(name + '.' + file[:-3] for file in os.listdir(folder) if file.startswith('test_'))
        else:
            split.append(name)
    return split
`,
};

/** `test/__main__.py` that stands for regrtest: prints what unittest prints, ends with regrtest's exit code for failures. */
export const plainMain = `
import importlib, os, sys, unittest
os.environ['PLAIN'] = '1'
args = sys.argv[1:]
wanted = [args[i + 1] for i, arg in enumerate(args) if arg == '-m']
names = [arg for i, arg in enumerate(args) if not arg.startswith('-') and args[i - 1] != '-m']
loader = unittest.defaultTestLoader
suite = unittest.TestSuite(loader.loadTestsFromModule(importlib.import_module('test.' + name)) for name in names)
def flatten(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test
if wanted:
    suite = unittest.TestSuite(test for test in flatten(suite) if test.id() in wanted)
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
print('HOME', os.environ['HOME'], sys.argv[1:])
sys.exit(2 if not result.wasSuccessful() else 0)
`;

/** A directory with a `test` package that holds the given files. */
export interface SuiteTree {
  readonly dir: string;
  /** Finds the tree's package before the interpreter's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** Absolute path of the system's Python. */
export const systemPython: string = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

export const toolDir: string = resolve('src/python');

/** Writes a `test` package with these files (`test_a.py` to its text) in a fresh temporary directory. */
export const makeSuiteTree = async (files: Readonly<Record<string, string>>): Promise<SuiteTree> => {
  const dir = await mkdtemp(join(tmpdir(), 'suites-'));
  const all = {
    ...testPackage,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`test/${name}`, text])),
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return {
    dir,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PYTHONPATH: dir, PYTHONDONTWRITEBYTECODE: '1' },
  };
};

/** A pass over a tree: one process unless told otherwise. */
export const requestPass = (
  tree: SuiteTree,
  selection: CaseSelection,
  changes: Partial<SuitePassRequest> = {},
): SuitePassRequest => ({
  python: systemPython,
  toolDir,
  env: tree.env,
  resources: [],
  scratchDir: join(tree.dir, 's'),
  logDir: join(tree.dir, 'logs'),
  signal: new AbortController().signal,
  silentMs: 30_000,
  pass: 'first',
  selection,
  timings: { version: 1, python: '', classesMs: {}, casesMs: {} },
  shards: 1,
  pace: fixedPace(1),
  progress: () => undefined,
  ...changes,
});

/** Selects whole files. */
export const filesOf = (...files: readonly string[]): CaseSelection => ({ from: 'files', files, match: [] });

/** Outcome of every case that ended, by the id's last two parts; cases that only started are `unended`. */
export const outcomesOf = (events: readonly SuiteEvent[]): Readonly<Record<string, string>> => {
  const outcomes: Record<string, string> = {};
  const short = (id: string): string => id.split('.').slice(-2).join('.');
  for (const event of events) {
    if (event.event === 'start') outcomes[short(event.id)] ??= 'unended';
    else if (event.event === 'end') outcomes[short(event.id)] = event.outcome;
  }
  return outcomes;
};

/** Text of a log that a pass wrote. */
export const readLog = (tree: SuiteTree, label: string): Promise<string> =>
  readFile(join(tree.dir, 'logs', `${label}.log`), 'utf8');
