"""Runs CPython's own suites inside the built Python and writes one event line per thing that happens.

    driver.py --events FILE [--log FILE] [--list] [--cases-from FILE] [--match PATTERN]... [--resources A,B]
              [--facts FILE] [--exclude NAME]... NAME...

NAME is a test file as `python -m test` takes it (test_ssl, test_asyncio.test_tasks), or `packages`, the checks of Python
packages beside this file, in whose virtual environment it then runs. Processes are set up, and files loaded
and run, as regrtest's workers do; the events are those of src/model/suite.ts. Runs on CPython 3.9 and later.
"""

import argparse
import faulthandler
import fnmatch
import importlib
import json
import os
import platform
import random
import re
import signal
import sys
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

# One seed for every file of every run: a case does the same thing again.
RANDOM_SEED = 3141592653
# What the process of one file ends with when its last event is written: os._exit(0) in a test must not look like it.
FILE_DONE = 77
# Checks of ours that are no part of CPython's suite: a package beside this file.
OWN_CHECKS = 'packages'
# How long the interpreter may take to finalize, in seconds.
EXIT_TIMEOUT = 60.0


def import_own(name):
    """Imports a neighbour without leaving this directory on sys.path, where tests could import from it."""
    sys.path.insert(0, HERE)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(HERE)


driver_result = import_own('driver_result')
driver_setup = import_own('driver_setup')


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument('--events', required=True)
    parser.add_argument('--log')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--cases-from')
    parser.add_argument('--match', action='append', default=[])
    parser.add_argument('--resources', default='')
    parser.add_argument('--facts')
    parser.add_argument('--exclude', action='append', default=[])
    parser.add_argument('names', nargs='*')
    return parser.parse_args()


# --- one file


def split_packages(names):
    """Packages that regrtest runs file by file (test_asyncio from 3.11 on) are split the same way."""
    try:
        from test.libregrtest.findtests import split_test_packages
    except ImportError:
        return names
    return split_test_packages(names)


def split_own(names):
    """Our own package of checks, file by file too."""
    for name in names:
        if name == OWN_CHECKS:
            files = sorted(os.listdir(os.path.join(HERE, OWN_CHECKS)))
            yield from ('%s.%s' % (name, file[:-3]) for file in files if file.endswith('.py') and file[0] != '_')
        else:
            yield name


def find_all_files():
    """Every file that a plain `python -m test` would run."""
    try:
        from test.libregrtest.findtests import findtests
    except ImportError:
        from test.libregrtest.runtest import findtests
    return list(findtests())


def compile_filter(patterns):
    """regrtest's -m: a pattern may match the whole id or any part of it between dots."""
    if not patterns:
        return lambda name: True
    match = re.compile('|'.join(map(fnmatch.translate, patterns))).match
    return lambda name: bool(match(name)) or any(map(match, name.split('.')))


def filter_suite(suite, chosen):
    kept = []
    for test in suite._tests:
        if isinstance(test, unittest.TestSuite):
            filter_suite(test, chosen)
            kept.append(test)
        elif chosen(test.id()):
            kept.append(test)
    suite._tests = kept


def list_cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from list_cases(test)
        else:
            yield test


class LoadErrors(Exception):
    pass


class FileRun:
    """Loads one file and runs, or only lists, the cases that were asked for."""

    def __init__(self, name, options, support, writer, chosen):
        self.name = name
        self.options = options
        self.support = support
        self.writer = writer
        self.chosen = chosen
        self.started = 0

    def run(self):
        began = time.perf_counter()
        self.writer.write('begin', version=1, file=self.name, python=platform.python_version(), pid=os.getpid())
        random.seed(RANDOM_SEED)
        try:
            suite = self.load()
        except unittest.SkipTest as skip:
            self.write_import('skip', reason=driver_result.shorten(str(skip), driver_result.MAX_REASON_CHARS))
        except LoadErrors as errors:
            text = str(errors).strip()
            reason = driver_result.shorten(text.split('\n')[-1], driver_result.MAX_REASON_CHARS)
            self.write_import('error', reason=reason, details=driver_result.last_lines(text))
        except (Exception, SystemExit):
            traceback.print_exc()
            self.write_import('error', **driver_result.format_error(sys.exc_info()))
        else:
            if suite is not None:
                self.run_suite(suite)
        duration = round((time.perf_counter() - began) * 1000, 1)
        self.writer.write('done', file=self.name, started=self.started, durationMs=duration)

    def write_import(self, outcome, **info):
        self.writer.write('import', file=self.name, outcome=outcome, **info)

    def load(self):
        if self.name.startswith(OWN_CHECKS + '.'):
            module = import_own(self.name)
        else:
            module = importlib.import_module(self.name if self.name.startswith('test.') else 'test.' + self.name)
        if hasattr(module, 'test_main'):
            self.write_import('ok')
            # Up to 3.12 a file could bring its own main; it hands its suites to test.support.
            self.support.module._run_suite = self.run_suite
            module.test_main()
            return None
        loader = unittest.TestLoader()
        suite = loader.loadTestsFromModule(module)
        if loader.errors:
            raise LoadErrors('\n'.join(loader.errors))
        self.write_import('ok')
        return suite

    def run_suite(self, suite):
        filter_suite(suite, self.chosen)
        cases = list(list_cases(suite))
        self.writer.write('collect', file=self.name, ids=[test.id() for test in cases])
        if self.options.list:
            return
        result = driver_result.EventResult(self.writer, cases)
        try:
            suite.run(result)
        finally:
            self.started += result.started


class Settings:
    """What every file of this process has in common."""

    def __init__(self, options, support, wanted):
        self.options = options
        self.support = support
        self.wanted = wanted
        self.matches = compile_filter(options.match)

    def run(self, name):
        writer = driver_result.EventWriter(self.options.events)
        ids = None if self.wanted is None else set(self.wanted[name])
        FileRun(name, self.options, self.support, writer,
                lambda case: (ids is None or case in ids) and self.matches(case)).run()

    def run_in_work_dir(self, name):
        work_dir = 'test_python_%d%s' % (os.getpid(), self.support.get('FS_NONASCII', ''))
        temporary = os.path.abspath(os.environ.get('TMPDIR') or '/tmp')
        with self.support.get('temp_cwd')(os.path.join(temporary, work_dir), quiet=True):
            self.run(name)
            self.support.call('reap_children')


def die_like(status):
    """Ends this process as the child did, so that whoever watches us sees the crash."""
    if not os.WIFSIGNALED(status):
        sys.exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    faulthandler.disable()
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sys.exit(128 + number)


def run_files(settings, names):
    """Runs each file in a process of its own, as `python -m test -jN` does: files leave changed modules behind.

    A fork of this process, which has one thread and no test imported yet, spares most of a start. Returns the exit code.
    """
    for name in names[:-1]:
        child = os.fork()
        if child == 0:
            settings.run_in_work_dir(name)
            return FILE_DONE
        _, status = os.waitpid(child, 0)
        if not os.WIFEXITED(status) or os.WEXITSTATUS(status) != FILE_DONE:
            die_like(status)
    for name in names[-1:]:
        settings.run_in_work_dir(name)
    return 0


def main():
    options = parse_options()
    if options.log:
        driver_setup.redirect_output(options.log)
    resources = [name for name in options.resources.split(',') if name]
    wanted = None
    if options.cases_from:
        with open(options.cases_from, encoding='utf-8') as file:
            wanted = json.load(file)
    if sys.path and os.path.abspath(sys.path[0]) == HERE:
        # `python -m test` has the directory that it was started in.
        sys.path[0] = os.getcwd()
    sys.argv[1:] = []
    support = driver_setup.Support()
    driver_setup.set_up_process(support, resources)
    if options.facts:
        driver_setup.write_facts(options.facts, support, resources)
    names = list(wanted) if wanted is not None else list(split_own(split_packages(options.names or find_all_files())))
    names = [name for name in names if name not in options.exclude]
    settings = Settings(options, support, wanted)
    code = 0
    if options.list:
        for name in names:
            settings.run(name)
    else:
        code = run_files(settings, names)
    sys.stdout.flush()
    faulthandler.dump_traceback_later(EXIT_TIMEOUT, exit=True)
    sys.exit(code)


if __name__ == '__main__':
    main()
