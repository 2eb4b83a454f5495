"""Turns what unittest reports into event lines (src/model/suite.ts), one flushed line each."""

import json
import os
import re
import time
import traceback
import unittest
from unittest.case import _SubTest
from unittest.suite import _ErrorHolder
from unittest.util import strclass

MAX_REASON_CHARS = 500
MAX_DETAIL_LINES = 60
MAX_DETAIL_CHARS = 8000
MAX_PARAMS_CHARS = 300

# The worst comes first: what a case is called when several things happened to it.
SEVERITY = ['error', 'fail', 'unexpected-success', 'skip', 'expected-failure', 'pass']

ADDRESS = re.compile(r'\b0x[0-9a-fA-F]{6,}\b')
FIXTURE = re.compile(r'(\w+) \((.+)\)\Z', re.DOTALL)


class EventWriter:
    """Writes events to a file. Only the process that opened it writes: children that tests fork stay silent."""

    def __init__(self, path):
        self.pid = os.getpid()
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, event, **fields):
        if os.getpid() != self.pid:
            return
        record = {'event': event}
        record.update((name, value) for name, value in fields.items() if value is not None)
        data = memoryview((json.dumps(record) + '\n').encode('ascii'))
        while data:
            data = data[os.write(self.fd, data):]


def shorten(text, limit):
    return text if len(text) <= limit else text[:limit] + '...'


def last_lines(text):
    """The end of a traceback says what went wrong; its beginning is the least worth."""
    text = text.rstrip('\n')
    lines = text.split('\n')
    if len(lines) > MAX_DETAIL_LINES:
        text = '...\n' + '\n'.join(lines[-MAX_DETAIL_LINES:])
    if len(text) > MAX_DETAIL_CHARS:
        text = '...' + text[-MAX_DETAIL_CHARS:]
    return text


def describe_exception(exception):
    """The exception as the last part of its traceback begins: `ValueError: what`."""
    try:
        text = ''.join(traceback.format_exception_only(type(exception), exception)).strip()
    except Exception as problem:
        text = '%s: cannot be printed: %s' % (type(exception).__name__, type(problem).__name__)
    if isinstance(exception, SyntaxError):
        text = text.split('\n')[-1]
    return shorten(text.split('\n')[0], MAX_REASON_CHARS)


def format_error(error):
    return {
        'reason': describe_exception(error[1]),
        'details': last_lines(''.join(traceback.format_exception(*error))),
    }


class EventResult(unittest.TestResult):
    """A result that forgets what it has told. `cases` are the collected cases, in order."""

    def __init__(self, writer, cases):
        super().__init__()
        self.writer = writer
        self.cases = cases
        self.started = 0
        self.seen = set()
        self.current = None
        self.started_at = 0.0

    # --- a case

    def startTest(self, test):
        super().startTest(test)
        self.started += 1
        self.current = test
        self.own = []
        self.subtest_outcomes = []
        self.subtest_names = {}
        self.seen.add(test.id())
        self.writer.write('start', id=test.id())
        self.started_at = time.perf_counter()

    def stopTest(self, test):
        duration = time.perf_counter() - self.started_at
        super().stopTest(test)
        outcome, info = self.summarize()
        self.current = None
        self.writer.write('end', id=test.id(), outcome=outcome, durationMs=round(duration * 1000, 1), **info)

    def summarize(self):
        """The worst of what the case and its subtests did. Subtests that skipped leave it passed, unless all did."""
        outcomes = [outcome for outcome, _ in self.own]
        outcomes += [outcome for outcome, _ in self.subtest_outcomes if outcome in ('error', 'fail')]
        if not outcomes:
            skips = [info for outcome, info in self.subtest_outcomes if outcome == 'skip']
            if skips and len(skips) == len(self.subtest_outcomes):
                return 'skip', skips[0]
            return 'pass', {}
        worst = min(outcomes, key=SEVERITY.index)
        for outcome, info in self.own:
            if outcome == worst:
                return worst, info
        failed = sum(outcome in ('error', 'fail') for outcome, _ in self.subtest_outcomes)
        reason = '%d of %d subtests failed' % (failed, len(self.subtest_outcomes))
        for _, info in self.own:
            # The case failed by itself too, only less badly; each subtest has an event of its own, this has none.
            if 'details' in info:
                return worst, {'reason': shorten('%s; %s' % (reason, info['reason']), MAX_REASON_CHARS),
                               'details': info['details']}
        return worst, {'reason': reason}

    def note(self, test, outcome, info):
        if isinstance(test, _ErrorHolder):
            self.note_fixture(test, outcome, info)
        elif isinstance(test, _SubTest):
            self.note_subtest(test, outcome, info)
        elif self.current is not None:
            self.own.append((outcome, info))

    def addSuccess(self, test):
        self.note(test, 'pass', {})

    def addSkip(self, test, reason):
        self.note(test, 'skip', {'reason': shorten(str(reason), MAX_REASON_CHARS)})

    def addError(self, test, err):
        self.note(test, 'error', self.format(err, test))

    def addFailure(self, test, err):
        self.note(test, 'fail', self.format(err, test))

    def addExpectedFailure(self, test, err):
        self.note(test, 'expected-failure', {'reason': describe_exception(err[1])})

    def addUnexpectedSuccess(self, test):
        self.note(test, 'unexpected-success', {})

    def addSubTest(self, test, subtest, err):
        if err is None:
            self.note(subtest, 'pass', {})
        elif issubclass(err[0], test.failureException):
            self.note(subtest, 'fail', self.format(err, test))
        else:
            self.note(subtest, 'error', self.format(err, test))

    def addDuration(self, test, elapsed):
        pass

    def format(self, err, test):
        try:
            details = self._exc_info_to_string(err, test)
        except Exception:
            return format_error(err)
        return {'reason': describe_exception(err[1]), 'details': last_lines(details)}

    # --- a subtest

    def note_subtest(self, subtest, outcome, info):
        self.subtest_outcomes.append((outcome, info))
        params = shorten(ADDRESS.sub('0x...', subtest._subDescription()), MAX_PARAMS_CHARS)
        # Subtests without parameters, or with equal ones, are told apart by their number.
        number = self.subtest_names[params] = self.subtest_names.get(params, 0) + 1
        if outcome != 'pass':
            if number > 1:
                params += ' #%d' % number
            self.writer.write('subtest', id=subtest.test_case.id(), params=params, outcome=outcome, **info)

    # --- setUpClass and its like

    def note_fixture(self, holder, outcome, info):
        match = FIXTURE.match(holder.id())
        fixture, scope = match.groups() if match else (holder.id(), '')
        self.writer.write('fixture', scope=scope, fixture=fixture, outcome=outcome, **info)
        if fixture == 'setUpClass':
            self.end_unstarted(lambda test: strclass(test.__class__) == scope, fixture, outcome, info)
        elif fixture == 'setUpModule':
            self.end_unstarted(lambda test: test.__class__.__module__ == scope, fixture, outcome, info)

    def end_unstarted(self, concerned, fixture, outcome, info):
        """unittest says nothing of the cases that a failed or skipping fixture keeps from running: we do."""
        reason = info['reason'] if outcome == 'skip' else '%s: %s' % (fixture, info['reason'])
        for test in self.cases:
            name = test.id()
            if name not in self.seen and concerned(test):
                self.seen.add(name)
                self.started += 1
                self.writer.write('start', id=name)
                self.writer.write('end', id=name, outcome=outcome, durationMs=0, reason=reason)
