import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { followSuiteEvents } from '../../src/io/suite-events.ts';
import { fixedPace } from '../../src/plan/pace.ts';
import { locateCases } from '../../src/plan/shards.ts';
import { runSuitePass, type SuitePassRequest } from '../../src/steps/test.ts';
import { filesOf, makeSuiteTree, outcomesOf, readLog, requestPass } from '../rig/suites.ts';

const good = `
import unittest
class Good(unittest.TestCase):
    def test_a(self): pass
`;

const isAlive = (pid: number): boolean =>
  !/^$|Z/.test(execFileSync('sh', ['-c', `ps -o stat= -p ${pid} || true`], { encoding: 'utf8' }).trim());

describe('a process that dies', () => {
  test('loses only the case that was running', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, signal, unittest
class Crash(unittest.TestCase):
    def test_a(self): pass
    def test_abort(self): os.abort()
    def test_b(self): pass
    def test_exit(self): os._exit(0)
    def test_segv(self): os.kill(os.getpid(), signal.SIGSEGV)
    def test_z(self): pass
class Later(unittest.TestCase):
    def test_a(self): pass
`,
      'test_b.py': good,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a', 'test_b')));
    expect(pass.ok && outcomesOf(pass.value.events)).toEqual({
      'Crash.test_a': 'pass',
      'Crash.test_abort': 'unended',
      'Crash.test_b': 'pass',
      'Crash.test_exit': 'unended',
      'Crash.test_segv': 'unended',
      'Crash.test_z': 'pass',
      'Later.test_a': 'pass',
      'Good.test_a': 'pass',
    });
    expect(pass.ok && pass.value.deaths).toEqual([
      { file: 'test_a', reason: 'signal SIGABRT, while running test.test_a.Crash.test_abort' },
      { file: 'test_a', reason: 'exit code 0, while running test.test_a.Crash.test_exit' },
      { file: 'test_a', reason: 'signal SIGSEGV, while running test.test_a.Crash.test_segv' },
    ]);
    expect(await readLog(tree, 'shard-1')).toContain('in test_abort');
  });

  test('in an import or a fixture takes the file or the class with it, nothing else', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `import os\nos.abort()\n`,
      'test_b.py': `
import os, unittest
class Bad(unittest.TestCase):
    @classmethod
    def setUpClass(cls): os.abort()
    def test_a(self): pass
    def test_b(self): pass
class Good(unittest.TestCase):
    def test_a(self): pass
`,
      'test_c.py': good,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a', 'test_b', 'test_c')));
    expect(pass.ok && outcomesOf(pass.value.events)).toEqual({ 'Good.test_a': 'pass' });
    expect(pass.ok && pass.value.events.filter((event) => event.event === 'end')).toHaveLength(2);
    expect(pass.ok && pass.value.deaths).toEqual([
      { file: 'test_a', reason: 'signal SIGABRT, while importing test_a' },
      { file: 'test_b', reason: 'signal SIGABRT, between cases of test_b' },
    ]);
  });

  test('after its last case loses nothing', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import atexit, os, unittest
class Good(unittest.TestCase):
    def test_a(self): atexit.register(os.abort)
`,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a')));
    expect(pass.ok && outcomesOf(pass.value.events)).toEqual({ 'Good.test_a': 'pass' });
    expect(pass.ok && pass.value.deaths).toEqual([{ file: 'test_a', reason: 'signal SIGABRT, after its last case' }]);
  });

  test('by hanging is ended with everything it started, after its tracebacks are in the log', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import subprocess, sys, time, unittest
class Hang(unittest.TestCase):
    def test_forever(self):
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
        print('child', child.pid, flush=True)
        time.sleep(600)
    def test_next(self): pass
`,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a'), { silentMs: 2000 }));
    expect(pass.ok && outcomesOf(pass.value.events)).toEqual({
      'Hang.test_forever': 'unended',
      'Hang.test_next': 'pass',
    });
    expect(pass.ok && pass.value.deaths).toEqual([
      { file: 'test_a', reason: 'no event for 2 s, while running test.test_a.Hang.test_forever' },
    ]);
    const log = await readLog(tree, 'shard-1');
    expect(log).toContain('in test_forever');
    expect(isAlive(Number(/child (\d+)/.exec(log)?.[1]))).toBe(false);
  });

  test('by hanging with SIGABRT blocked is killed', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import signal, time, unittest
class Hang(unittest.TestCase):
    def test_forever(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGABRT])
        time.sleep(600)
`,
    });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a'), { silentMs: 1000 }));
    expect(pass.ok && pass.value.deaths).toHaveLength(1);
  });
});

describe('shards', () => {
  const files = {
    'test_a.py': `
import os, unittest
class Base:
    def test_a(self): pass
    def test_fail(self): self.fail('always')
    def test_skip(self): self.skipTest('never')
    def test_tmp(self): open(os.path.join(os.environ['TMPDIR'], 'one'), 'x').close()
class One(Base, unittest.TestCase): pass
class Two(Base, unittest.TestCase):
    def test_tmp(self): pass
class Three(Base, unittest.TestCase):
    def test_tmp(self): pass
`,
    'test_b.py': good,
  };

  const timings = {
    version: 1 as const,
    python: '',
    casesMs: {},
    classesMs: Object.fromEntries(
      ['test_a.One', 'test_a.Two', 'test_a.Three', 'test_b.Good'].map((name) => [`test.${name}`, 5000]),
    ),
  };

  test('several processes give what one gives, and leave no directory behind', async () => {
    const tree = await makeSuiteTree(files);
    const seen: number[] = [];
    const one = await runSuitePass(requestPass(tree, filesOf('test_a', 'test_b')));
    const four = await runSuitePass(
      requestPass(tree, filesOf('test_a', 'test_b'), {
        timings,
        shards: 4,
        pace: fixedPace(2),
        progress: ({ done, total }) => {
          expect(total).toBe(13);
          seen.push(done);
        },
      }),
    );
    expect(one.ok && four.ok && outcomesOf(four.value.events)).toEqual(one.ok && outcomesOf(one.value.events));
    const begun = four.ok ? four.value.events.flatMap((event) => (event.event === 'begin' ? [event.pid] : [])) : [];
    expect(new Set(begun).size).toBe(4);
    expect(seen.at(-1)).toBe(13);
    expect(await readdir(join(tree.dir, 's'))).toEqual([]);
    expect(four.ok && four.value.environment).toMatchObject({
      network: false,
      resources: [],
      emulated: false,
      memoryLimitBytes: 0,
    });
  });

  test('processes have homes, temporary and working directories of their own, and find ports at the same time', async () => {
    const names = ['One', 'Two', 'Three', 'Four'];
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, socket, time, unittest
class Base:
    def test_all(self):
        for place in os.environ['HOME'], os.environ['TMPDIR'], os.getcwd():
            # Fails where another process has made it already.
            open(os.path.join(place, 'mine'), 'x').close()
        print('home', os.environ['HOME'], flush=True)
        with socket.create_server(('127.0.0.1', 0)) as server, socket.socket(socket.AF_UNIX) as local:
            local.bind(os.path.join(os.environ['TMPDIR'], 'socket'))
            time.sleep(0.5)
            with socket.create_connection(server.getsockname()) as client, server.accept()[0] as peer:
                client.sendall(self.id().encode())
                self.assertEqual(peer.recv(99), self.id().encode())
${names.map((name) => `class ${name}(Base, unittest.TestCase): pass`).join('\n')}
`,
    });
    const request = requestPass(tree, filesOf('test_a'), {
      timings: { ...timings, classesMs: Object.fromEntries(names.map((name) => [`test.test_a.${name}`, 5000])) },
      shards: 4,
      pace: fixedPace(4),
    });
    const pass = await runSuitePass(request);
    expect(pass.ok && Object.values(outcomesOf(pass.value.events))).toEqual(Array(4).fill('pass'));
    const logs = await Promise.all(names.map((_, index) => readLog(tree, `shard-${index + 1}`)));
    const homes = logs.flatMap((log) => /^home (.+)$/m.exec(log)?.[1] ?? []);
    expect(new Set(homes).size).toBe(4);
    // In one process they would find each other's files: the check can fail.
    const together = await runSuitePass({ ...request, shards: 1 });
    expect(
      together.ok && Object.values(outcomesOf(together.value.events)).filter((one) => one === 'pass'),
    ).toHaveLength(1);
  });

  test('a crash and a hang lose their own cases, while the other processes run theirs; alone they are run again', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, time, unittest
class Crash(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): os.abort()
    def test_c(self): pass
class Hang(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): time.sleep(600)
    def test_c(self): pass
class Well(unittest.TestCase):
    def test_a(self): time.sleep(1)
    def test_b(self): pass
`,
    });
    const scopes = ['Crash', 'Hang', 'Well'].map((name) => `test.test_a.${name}`);
    const request = requestPass(tree, filesOf('test_a'), {
      timings: { ...timings, classesMs: Object.fromEntries(scopes.map((scope) => [scope, 5000])) },
      shards: 3,
      pace: fixedPace(3),
      silentMs: 3000,
    });
    const pass = await runSuitePass(request);
    if (!pass.ok) throw new Error(JSON.stringify(pass.error));
    const { events, deaths } = pass.value;
    expect(Object.entries(outcomesOf(events)).filter(([, outcome]) => outcome !== 'pass')).toEqual([
      ['Crash.test_b', 'unended'],
      ['Hang.test_b', 'unended'],
    ]);
    const collected = events.flatMap((event) => (event.event === 'collect' ? event.ids : []));
    const started = events.flatMap((event) => (event.event === 'start' ? [event.id] : []));
    expect([...started].sort()).toEqual([...new Set(collected)].sort());
    expect(started).toHaveLength(8);
    expect(deaths.map(({ reason }) => reason).sort()).toEqual([
      'no event for 3 s, while running test.test_a.Hang.test_b',
      'signal SIGABRT, while running test.test_a.Crash.test_b',
    ]);
    const cases = locateCases(events, new Set(scopes.map((scope) => `${scope}.test_b`)));
    const again = await runSuitePass({ ...request, pass: 'retest', selection: { from: 'cases', cases, alone: true } });
    expect(again.ok && outcomesOf(again.value.events)).toEqual({
      'Crash.test_b': 'unended',
      'Hang.test_b': 'unended',
      'Well.test_b': 'pass',
    });
    const pids = again.ok ? again.value.events.flatMap((event) => (event.event === 'begin' ? [event.pid] : [])) : [];
    expect(new Set(pids).size).toBe(3);
  });

  const sleeping = {
    'test_a.py': `
import time, unittest
class Base:
    def test_a(self): time.sleep(2)
${['One', 'Two', 'Three', 'Four'].map((name) => `class ${name}(Base, unittest.TestCase): pass`).join('\n')}
`,
  };
  const sleepingTimings = {
    ...timings,
    classesMs: Object.fromEntries(['One', 'Two', 'Three', 'Four'].map((name) => [`test.test_a.${name}`, 5000])),
  };
  /** The most processes that ran a case at the same time. */
  const countCompany = async (readSpare?: SuitePassRequest['readSpare']): Promise<number> => {
    const tree = await makeSuiteTree(sleeping);
    let most = 0;
    const pass = await runSuitePass(
      requestPass(tree, filesOf('test_a'), {
        timings: sleepingTimings,
        shards: 4,
        pace: { least: 1, most: 3 },
        ...(readSpare === undefined ? {} : { readSpare }),
        progress: ({ running }) => (most = Math.max(most, running.length)),
      }),
    );
    expect(pass.ok && Object.keys(outcomesOf(pass.value.events))).toHaveLength(4);
    return most;
  };

  test('more run at a time while cores are idle, up to the most', async () => {
    expect(await countCompany(() => ({ idleCores: 2, memoryBytes: 16e9 }))).toBe(3);
  });

  test('no more than the least run on a busy machine, or where nothing is looked at', async () => {
    const both = [countCompany(() => ({ idleCores: 0, memoryBytes: 16e9 })), countCompany()];
    expect(await Promise.all(both)).toEqual([1, 1]);
  });

  test('an interrupt ends every process and is a failure', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, time, unittest
class Slow(unittest.TestCase):
    def test_a(self):
        print('pid', os.getpid(), flush=True)
        time.sleep(600)
class Slower(Slow): pass
`,
    });
    const stop = new AbortController();
    const pass = await runSuitePass(
      requestPass(tree, filesOf('test_a'), {
        timings: { ...timings, classesMs: { 'test.test_a.Slow': 5000, 'test.test_a.Slower': 5000 } },
        shards: 2,
        pace: fixedPace(2),
        signal: stop.signal,
        progress: ({ running }) => {
          if (running.length === 2) stop.abort('SIGINT');
        },
      }),
    );
    expect(pass).toEqual({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
    for (const label of ['shard-1', 'shard-2']) {
      expect(isAlive(Number(/pid (\d+)/.exec(await readLog(tree, label))?.[1]))).toBe(false);
    }
    expect(await readdir(join(tree.dir, 's'))).toEqual([]);
  });
});

describe('failures', () => {
  test('a driver that cannot start shows its last lines', async () => {
    const tree = await makeSuiteTree({ 'test_a.py': good });
    await writeFile(join(tree.dir, 'test/support/__init__.py'), "raise RuntimeError('no support here')\n");
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a')));
    expect(pass).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'exit code 1' } });
    expect(!pass.ok && pass.error.code === 'command-failed' && pass.error.lastLines.at(-1)).toBe(
      'RuntimeError: no support here',
    );
  });

  test('a Python that is not there is a missing tool', async () => {
    const tree = await makeSuiteTree({ 'test_a.py': good });
    const pass = await runSuitePass(requestPass(tree, filesOf('test_a'), { python: join(tree.dir, 'python3') }));
    expect(pass).toMatchObject({ ok: false, error: { code: 'tool-missing' } });
  });

  test('a scratch path too long for sockets is replaced by a short one', async () => {
    const tree = await makeSuiteTree({
      'test_a.py': `
import os, socket, unittest
class Unix(unittest.TestCase):
    def test_bind(self):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.join(os.environ['TMPDIR'], 'test_python_12345678.sock'))
`,
    });
    const pass = await runSuitePass(
      requestPass(tree, filesOf('test_a'), { scratchDir: join(tree.dir, 'long'.repeat(30)) }),
    );
    expect(pass.ok && outcomesOf(pass.value.events)).toEqual({ 'Unix.test_bind': 'pass' });
  });
});

describe('an events file', () => {
  const line = (id: string): string => `${JSON.stringify({ event: 'start', id })}\n`;

  test('is read as it grows; half a line waits for its rest', async () => {
    const tree = await makeSuiteTree({});
    const path = join(tree.dir, 'events');
    const reader = followSuiteEvents(path);
    expect(await reader.read()).toEqual({ ok: true, value: [] });
    await writeFile(path, line('a') + line('b').slice(0, 9));
    expect(await reader.read()).toEqual({ ok: true, value: [{ event: 'start', id: 'a' }] });
    await writeFile(path, line('b').slice(9), { flag: 'a' });
    expect(await reader.read()).toEqual({ ok: true, value: [{ event: 'start', id: 'b' }] });
  });

  test('with a line that is no event is an invalid record', async () => {
    const tree = await makeSuiteTree({});
    const path = join(tree.dir, 'events');
    await writeFile(path, '{"event":"never heard of"}\n');
    expect(await followSuiteEvents(path).read()).toMatchObject({ ok: false, error: { code: 'record-invalid', path } });
  });
});
