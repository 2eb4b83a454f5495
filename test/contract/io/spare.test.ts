import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { makeSpareReader } from '../../../src/io/spare.ts';

/** A /proc of four processors, of which this process may use 1 and 3. */
const makeProc = async (): Promise<{ root: string; setTicks: (ticks: readonly number[]) => Promise<void> }> => {
  const root = await mkdtemp(join(tmpdir(), 'spare-'));
  await mkdir(join(root, 'proc/self'), { recursive: true });
  await writeFile(join(root, 'proc/self/status'), 'Name:\tx\nCpus_allowed_list:\t1,3-3\n');
  await writeFile(join(root, 'proc/meminfo'), 'MemTotal: 9000 kB\nMemAvailable:    2048 kB\n');
  const setTicks = async (ticks: readonly number[]): Promise<void> => {
    // user nice system idle iowait irq softirq steal guest
    const lines = ticks.map((user, cpu) => `cpu${cpu} ${user} 0 0 500 900 0 0 0 70 0`);
    await writeFile(join(root, 'proc/stat'), `cpu  1 2 3 4 5 6 7 8 9 0\n${lines.join('\n')}\nintr 5\n`);
  };
  await setTicks([0, 0, 0, 0]);
  return { root, setTicks };
};

test('says of the time since the last look what others left of the processors that may be used', async () => {
  const { root, setTicks } = await makeProc();
  const read = makeSpareReader(2, root);
  const began = performance.now();
  expect(read()).toBeUndefined();
  await sleep(500);
  const seconds = (performance.now() - began) / 1000;
  // Processor 1 was busy half of the time, 3 all of it; 0 and 2 are not ours, however busy.
  await setTicks([9999, seconds * 50, 9999, seconds * 100]);
  const spare = read();
  expect(spare?.idleCores).toBeGreaterThan(0.4);
  expect(spare?.idleCores).toBeLessThan(0.7);
  expect(spare?.memoryBytes).toBe(2048 * 1024);
  await sleep(50);
  expect(read()?.idleCores).toBe(2);
});

test('knows the memory that a control group leaves, and that some have no limit', async () => {
  const { root } = await makeProc();
  const group = join(root, 'sys/fs/cgroup');
  await mkdir(group, { recursive: true });
  const memory = async (limit: string, used: string): Promise<number | undefined> => {
    await writeFile(join(group, 'memory.max'), `${limit}\n`);
    await writeFile(join(group, 'memory.current'), `${used}\n`);
    const read = makeSpareReader(2, root);
    read();
    await sleep(5);
    return read()?.memoryBytes;
  };
  expect(await memory('1500000', '500000')).toBe(1_000_000);
  expect(await memory('max', '500000')).toBe(2048 * 1024);
});

test('of fewer cores than there are, what others use counts first', async () => {
  const { root, setTicks } = await makeProc();
  const read = makeSpareReader(1, root);
  read();
  await sleep(100);
  await setTicks([0, 500, 0, 500]);
  expect(read()?.idleCores).toBe(0);
});

test('tells nothing where there is no /proc', async () => {
  const read = makeSpareReader(2, await mkdtemp(join(tmpdir(), 'spare-')));
  expect([read(), read()]).toEqual([undefined, undefined]);
});

test('reads this machine', async () => {
  const read = makeSpareReader(2);
  read();
  await sleep(50);
  const spare = read();
  expect(spare?.idleCores).toBeLessThanOrEqual(2);
  expect(spare?.memoryBytes).toBeGreaterThan(1e6);
});
