import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { acquireLock, type Lock } from '../../../src/io/lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => removeTree(directory));

const never = new AbortController().signal;
const acquire = async (
  more: { owner?: string; signal?: AbortSignal; onWait?: (owner: string) => void } = {},
): Promise<Lock> => {
  const lock = await acquireLock({
    path: join(directory, 'deep/lock'),
    owner: more.owner ?? 'me',
    signal: more.signal ?? never,
    onWait: more.onWait ?? (() => undefined),
  });
  if (!lock.ok) throw new Error(lock.error.code);
  return lock.value;
};

describe('a lock', () => {
  it('is held by one at a time, in turn; who waits learns who holds it', async () => {
    const first = await acquire({ owner: 'the first' });
    const told: string[] = [];
    let held = false;
    const second = acquire({ onWait: (owner) => told.push(owner) }).then((lock) => {
      held = true;
      return lock;
    });
    await sleep(150);
    expect([held, told]).toEqual([false, ['the first']]);
    await first.release();
    await (await second).release();
    expect(held).toBe(true);
  });

  it('is free at once after its release, and may be released twice', async () => {
    for (let round = 0; round < 5; round += 1) {
      const told: string[] = [];
      const lock = await acquire({ onWait: (owner) => told.push(owner) });
      await lock.release();
      await lock.release();
      expect(told).toEqual([]);
    }
  });

  it('is never held by two of many', async () => {
    let now = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquire();
        now += 1;
        most = Math.max(most, now);
        await sleep(10);
        now -= 1;
        await lock.release();
      }),
    );
    expect(most).toBe(1);
  });

  it('can be given up while waiting', async () => {
    const first = await acquire();
    const stop = new AbortController();
    const waiting = acquire({
      signal: stop.signal,
      onWait: () => {
        stop.abort('SIGINT');
      },
    });
    await expect(waiting).rejects.toThrow('interrupted');
    await expect(acquire({ signal: AbortSignal.abort('SIGINT') })).rejects.toThrow('interrupted');
    await first.release();
    // Who gave up does not hold it afterwards.
    await (
      await acquire({
        onWait: () => {
          throw new Error('somebody holds it');
        },
      })
    ).release();
  });

  it('of a process that was killed is free', async () => {
    const program = join(directory, 'holder.ts');
    const source = JSON.stringify(join(process.cwd(), 'dist/io/lock.js'));
    await writeFile(
      program.replace('.ts', '.mjs'),
      `import { acquireLock } from ${source};
const lock = await acquireLock({ path: ${JSON.stringify(join(directory, 'deep/lock'))}, owner: 'dead', signal: new AbortController().signal, onWait() {} });
console.log(lock.ok);
setInterval(() => {}, 1000);`,
    );
    const holder = spawn(process.execPath, [program.replace('.ts', '.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const told: string[] = [];
    const waiting = acquire({ onWait: (owner) => told.push(owner) });
    while (told.length === 0) await sleep(10);
    holder.kill('SIGKILL');
    await (await waiting).release();
    expect(told).toEqual(['dead']);
  });

  it('is waited for when it is given back: a process does not end before', async () => {
    const program = join(directory, 'ends.mjs');
    const source = JSON.stringify(join(process.cwd(), 'dist/io/lock.js'));
    await writeFile(
      program,
      `import { acquireLock } from ${source};
const take = () => acquireLock({ path: ${JSON.stringify(join(directory, 'deep/lock'))}, owner: 'x', signal: new AbortController().signal, onWait() { console.log('waited'); } });
const first = await take();
await first.value.release();
console.log('released');
const second = await take();
await second.value.release();
console.log('end');`,
    );
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, text]).toEqual([0, 'released\nend\n']);
  });

  it('is not held because some flock speaks: only its own word counts', async () => {
    const path = process.env['PATH'];
    await writeFile(join(directory, 'flock'), '#!/bin/sh\necho "flock from somewhere 1.0"\n', { mode: 0o755 });
    process.env['PATH'] = `${directory}:/usr/bin:/bin`;
    try {
      await expect(acquire()).rejects.toThrow('io-failed');
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('says when there is no flock, and when the place cannot be made', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = directory;
    try {
      await expect(acquire()).rejects.toThrow('tool-missing');
    } finally {
      process.env['PATH'] = path;
    }
    await writeFile(join(directory, 'file'), '');
    const lock = await acquireLock({
      path: join(directory, 'file/lock'),
      owner: 'me',
      signal: never,
      onWait: () => undefined,
    });
    expect(lock).toMatchObject({ ok: false, error: { code: 'io-failed' } });
  });
});
