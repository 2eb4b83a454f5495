import { cp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeCall, findStored, flipByte, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

describe('a damaged store', () => {
  const repaired = async (args: readonly string[], said: RegExp): Promise<void> => {
    const result = await world.run(args);
    expect(result.stderr).toMatch(said);
    expect(result.exitCode).toBe(0);
    expect(await world.leftovers()).toEqual([]);
    const again = await world.run([...args, '--json']);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ recorded: true });
    expect(again.stderr).not.toContain('damaged');
  };
  /** Takes the entry away, so that its inputs are consumed again. */
  const forget = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) await rm(await findStored(world, id), { recursive: true });
  };

  it('is noticed, said and repaired: a flipped byte in a tree that is consumed, time and size as before', async () => {
    await world.run(['build']);
    await flipByte(join(await findStored(world, 'compile-awslc'), 'tree/libcrypto.a'));
    await forget('modules-crypto', 'install-cell');
    await repaired(
      ['build'],
      /note .*compile-awslc-[0-9a-f]+ is damaged at .*libcrypto\.a \(expected sha256 .*made again/,
    );
  });

  it('is noticed when nothing of it is consumed, by size and time: a file that is gone, one that was written to', async () => {
    await world.run(['build']);
    const install = join(await findStored(world, 'install-cell'), 'tree/opt/cpython-awslc');
    await rm(join(install, 'bin/pip3'));
    await repaired(['build'], /install-cell-[0-9a-f]+ is damaged .*pip3 is missing/);
    await writeFile(join(await findStored(world, 'install-cell'), 'tree/opt/cpython-awslc/bin/more'), 'x');
    await repaired(['build'], /install-cell-[0-9a-f]+ is damaged .*bin\/more is not part of it/);
  });

  it('is noticed in a recorded proof, which is shown as it is: every byte counts', async () => {
    await world.run(['prove']);
    await flipByte(join(await findStored(world, 'prove-cell'), 'tree/proof.json'));
    await repaired(['prove'], /prove-cell-[0-9a-f]+ is damaged at .*proof\.json \(expected sha256/);
  });

  it('is noticed in records and listings', async () => {
    await world.run(['build']);
    await writeFile(join(await findStored(world, 'install-cell'), 'record.json'), '{"version": 1}');
    await repaired(['build'], /is damaged .*expected a step record/);
    await writeFile(join(await findStored(world, 'install-cell'), 'listing.json'), 'no JSON');
    await repaired(['build'], /is damaged .*expected a listing/);
  });

  it('is noticed in downloads: truncated, changed, gone', async () => {
    await world.run(['fetch']);
    const downloads = join(world.store, 'v1/downloads');
    const [name = ''] = (await readdir(downloads)).sort();
    const damage = [(path: string) => truncate(path, 100), flipByte, (path: string) => rm(path)];
    for (const harm of damage) {
      await harm(join(downloads, name));
      await forget('unpack-awslc', 'unpack-cpython');
      await repaired(['fetch'], /fetch-(awslc|cpython)-[0-9a-f]+ is damaged/);
    }
    expect(world.servers.awslc.requests.length + world.servers.cpython.requests.length).toBe(2 + damage.length);
  });

  it('is repaired once for several steps that consume it', async () => {
    await world.run(['test']);
    const install = await findStored(world, 'install-cell');
    await flipByte(join(install, 'tree/opt/cpython-awslc/bin/pip3'));
    const before = (await world.work()).length;
    const result = await world.run(['test', '--rerun']);
    expect(result.exitCode).toBe(0);
    const done = (await world.work()).slice(before).map(describeCall);
    expect(done.filter((call) => call === 'python ensurepip')).toHaveLength(1);
    expect(result.stderr.match(/is damaged/g)).toHaveLength(1);
  });

  it('is repaired where a source tree of one’s own lies in it', async () => {
    await world.run(['fetch']);
    const own = join(world.directory, 'own');
    const released = await findStored(world, 'unpack-awslc');
    await cp(join(released, 'tree'), own, { recursive: true });
    const args = ['build', '--awslc', `path:${own}`];
    const first = await world.run(args);
    expect(first.stderr).toMatch(/is AWS-LC 5\.90\.0, content [0-9a-f]{12}/);
    expect(first.exitCode).toBe(0);
    await rm(released, { recursive: true });
    await flipByte(join(await findStored(world, 'unpack-awslc'), 'tree/include/openssl/base.h'));
    await forget('probe-awslc', 'modules-crypto', 'install-cell');
    await repaired(args, /unpack-awslc-[0-9a-f]+ is damaged: it is taken again/);
  });
});
