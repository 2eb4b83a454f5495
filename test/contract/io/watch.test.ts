import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparePaths, glanceAt, waitForChange } from '../../../src/io/watch.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'watch-'));
  mkdirSync(join(top, 'crypto/mem'), { recursive: true });
  writeFileSync(join(top, 'crypto/a.c'), 'one');
  writeFileSync(join(top, 'crypto/mem/b.c'), 'one');
});
afterEach(() => {
  rmSync(top, { recursive: true });
});

/** Waits while something is done: the paths that differ, below the directory. */
const wait = async (act: () => Promise<void> | void, quietMs = 100): Promise<readonly string[] | undefined> => {
  const directories = [top];
  const since = await glanceAt(directories);
  const { signal } = new AbortController();
  const changed = waitForChange({ directories, since, quietMs, pollMs: 50, signal });
  await act();
  return (await changed)?.map((path) => path.slice(top.length + 1));
};

describe('waitForChange', () => {
  // Writer and waiter share one thread: a machine under load holds both up alike.
  it('waits until nothing has changed for a while, and then tells of all', async () => {
    let strokes = 0;
    const changed = await wait(async () => {
      for (const name of ['crypto/a.c', 'crypto/new.c', 'crypto/mem/b.c']) {
        writeFileSync(join(top, name), 'two');
        strokes += 1;
        await sleep(300);
      }
    }, 1500);
    expect([strokes, changed]).toEqual([3, ['crypto/a.c', 'crypto/mem/b.c', 'crypto/new.c']]);
  });

  it('sees a file that was renamed over another, of the same size, and not the one that it was before', async () => {
    const changed = await wait(() => {
      writeFileSync(join(top, 'crypto/.a.c.tmp'), 'two');
      renameSync(join(top, 'crypto/.a.c.tmp'), join(top, 'crypto/a.c'));
    });
    expect(changed).toEqual(['crypto/a.c']);
  });

  it('sees a directory that went, and one that came with what is in it', async () => {
    expect(
      await wait(() => {
        rmSync(join(top, 'crypto/mem'), { recursive: true });
      }),
    ).toEqual(['crypto/mem/b.c']);
    expect(
      await wait(() => {
        mkdirSync(join(top, 'ssl/test'), { recursive: true });
        writeFileSync(join(top, 'ssl/test/c.c'), 'one');
      }),
    ).toEqual(['ssl/test/c.c']);
  });

  it('tells nothing of what came and went, of version control and of build directories, and ends when it is told to', async () => {
    const stop = new AbortController();
    const since = await glanceAt([top]);
    const changed = waitForChange({ directories: [top], since, quietMs: 50, pollMs: 50, signal: stop.signal });
    mkdirSync(join(top, '.git'));
    mkdirSync(join(top, 'build'));
    for (const name of ['.git/index', 'build/CMakeCache.txt', 'build/a.o', '4913']) writeFileSync(join(top, name), 'x');
    unlinkSync(join(top, '4913'));
    await sleep(700);
    stop.abort('SIGINT');
    expect(await changed).toBeUndefined();
  });

  it('looks seldom while one builds in the checkout without a break, and still sees what is saved', async () => {
    mkdirSync(join(top, 'build'));
    writeFileSync(join(top, 'build/CMakeCache.txt'), '');
    const since = await glanceAt([top]);
    let glances = 0;
    // Each look goes through the directories once.
    const directories = Object.assign([top], {
      [Symbol.iterator]: () => {
        glances += 1;
        return [top].values();
      },
    });
    const { signal } = new AbortController();
    const begun = performance.now();
    const changed = waitForChange({ directories, since, quietMs: 200, pollMs: 1000, signal });
    const strokes = 100;
    for (let stroke = 0; stroke < strokes; stroke += 1) {
      writeFileSync(join(top, `build/${stroke}.o`), 'x');
      await sleep(10);
    }
    const seldom = (performance.now() - begun) / 200 + 3;
    expect(glances).toBeGreaterThan(2);
    expect(glances).toBeLessThan(Math.min(seldom, strokes / 2));
    writeFileSync(join(top, 'crypto/a.c'), 'two');
    expect(await changed).toEqual([join(top, 'crypto/a.c')]);
  });

  it('goes on when the whole directory went, and sees it come back', async () => {
    const changed = await wait(async () => {
      renameSync(top, `${top}-away`);
      await sleep(400);
      renameSync(`${top}-away`, top);
      writeFileSync(join(top, 'crypto/a.c'), 'three');
    }, 1500);
    expect(changed).toEqual(['crypto/a.c']);
  });
});

describe('glanceAt', () => {
  it('takes a directory that was named for what it is, also when CMake was run in it', async () => {
    writeFileSync(join(top, 'CMakeCache.txt'), '');
    expect([...(await glanceAt([top])).keys()]).toContain(join(top, 'crypto/a.c'));
    expect(comparePaths(new Map(), await glanceAt([join(top, 'nowhere')]))).toEqual([]);
  });
});
