import { readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { quoteCommand, runProgram, type ProgramOptions } from '../../../src/io/process.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'process-'));
});
afterEach(() => removeTree(directory));

const run = (script: string, more: Partial<ProgramOptions> = {}): ReturnType<typeof runProgram> =>
  runProgram(['sh', '-c', script], { purpose: 'try', cwd: directory, env: { PATH: '/usr/bin:/bin' }, ...more });
const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const readPid = async (): Promise<number> => {
  for (;;) {
    const text = await readFile(join(directory, 'pid'), 'utf8').catch(() => '');
    if (text.endsWith('\n')) return Number(text);
    await sleep(10);
  }
};

describe('a program', () => {
  it('steps back by the niceness that is asked, with all that it starts', async () => {
    // Its own is set right after it has started: what it starts then is born with it.
    const script = 'sleep 0.3; nice';
    const usual = await run(script);
    const niced = await run(script, { niceness: 3 });
    if (!usual.ok || !niced.ok) throw new Error('both end well');
    expect(Number(niced.value.stdout) - Number(usual.value.stdout)).toBe(3);
  });

  it('gives its output, its input is what was told, and its exit code is judged', async () => {
    const both = await run('cat; echo err >&2', { input: 'in' });
    expect(both).toMatchObject({ ok: true, value: { exitCode: 0, stdout: 'in', stderr: 'err\n' } });
    expect(await run('exit 4', { acceptedExitCodes: [0, 4] })).toMatchObject({ ok: true, value: { exitCode: 4 } });
    expect(await run('exit 4')).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'exit code 4' } });
    // Without input there is an end of input, not the caller's terminal.
    expect(await run('cat')).toMatchObject({ ok: true, value: { stdout: '' } });
  });

  it('logs its command line and all its output, and a file may take standard output', async () => {
    const [logFile, stdoutFile] = [join(directory, 'log'), join(directory, 'out')];
    await run('echo "to out"; echo "to err" >&2', { logFile, stdoutFile });
    expect(await readFile(stdoutFile, 'utf8')).toBe('to out\n');
    expect(await readFile(logFile, 'utf8')).toMatch(/^\$ sh -c .*\nto err\n$/);
  });

  it('that floods its output does not lose the end of it', async () => {
    const logFile = join(directory, 'log');
    const result = await run('seq 300000; echo last >&2; exit 1', { logFile });
    expect(result.ok ? [] : result.error.code === 'command-failed' && result.error.lastLines.slice(-2)).toContain(
      'last',
    );
    expect((await readFile(logFile, 'utf8')).split('\n')).toContain('300000');
  });

  it('that is not there, or may not be run, is a missing tool', async () => {
    const options = { purpose: 'try', cwd: directory, env: { PATH: directory } };
    expect(await runProgram(['none'], options)).toMatchObject({
      ok: false,
      error: { code: 'tool-missing', neededFor: 'try' },
    });
    expect(await runProgram([directory], options)).toMatchObject({ ok: false, error: { code: 'tool-missing' } });
  });

  it('that takes too long is ended with all it started', async () => {
    const result = await run('sleep 50 & echo $! >pid; wait', { timeoutMs: 200 });
    expect(result).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'no end within 200 ms' } });
    expect(isAlive(await readPid())).toBe(false);
  });

  it('is ended by the signal, politely first: it may clean up', async () => {
    const stop = new AbortController();
    const running = run("trap 'echo cleaned >cleaned; exit 0' TERM; echo $$ >pid; while :; do sleep 0.02; done", {
      signal: stop.signal,
    });
    const pid = await readPid();
    stop.abort('SIGTERM');
    expect(await running).toMatchObject({ ok: false, error: { code: 'interrupted', signal: 'SIGTERM' } });
    expect([isAlive(pid), await readFile(join(directory, 'cleaned'), 'utf8')]).toEqual([false, 'cleaned\n']);
  });

  it('is never started when it is too late', async () => {
    const result = await run('echo x >started', { signal: AbortSignal.abort('SIGINT') });
    expect(result).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    await expect(readFile(join(directory, 'started'))).rejects.toThrow('ENOENT');
  });

  it('says when its log cannot be written', async () => {
    expect(await run('echo x', { logFile: join(directory, 'no/such/log') })).toMatchObject({
      ok: false,
      error: { code: 'io-failed' },
    });
    expect(await run('echo x', { stdoutFile: '/dev/full' })).toMatchObject({ ok: false, error: { code: 'disk-full' } });
  });

  it('is shown as a line that a shell takes', () => {
    expect(quoteCommand(['a', "it's", 'b c', '', '$x', '-O=2'])).toBe("a 'it'\\''s' 'b c' '' '$x' -O=2");
  });
});
