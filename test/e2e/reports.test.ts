import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, failureCodes } from '../rig/cli.ts';
import { makeWorld, prepend, type World } from '../rig/pipeline.ts';
import { parseXml } from '../rig/xml.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

describe('report files', () => {
  it('say why there is no verdict when a step fails', async () => {
    await prepend(world, 'cmake', { args: '--build *', stderr: 'ninja: error: no such <thing>\n', exitCode: 1 });
    const [junit, markdown] = [join(world.directory, 'out.xml'), join(world.directory, 'deep', 'out.md')];
    const result = await world.run(['test', '--junit', junit, '--markdown', markdown]);
    expect(result.exitCode).toBe(1);
    const xml = parseXml(await readFile(junit, 'utf8'));
    expect(xml.attributes).toMatchObject({ tests: '1', errors: '1' });
    const page = await readFile(markdown, 'utf8');
    expect(page).toContain('Failed before there was a verdict');
    expect(page).toContain('ninja: error: no such <thing>');
  });
});

describe('prove --markdown', () => {
  it('writes the proof as a page', async () => {
    const page = join(world.directory, 'proof.md');
    const result = await world.run(['prove', '--markdown', page]);
    expect(result.exitCode).toBe(0);
    expect(await readFile(page, 'utf8')).toMatch(/^## CPython .*\n+### Proof: \d+ of \d+ claims hold\n/);
  });

  it('says why there is no proof', async () => {
    await prepend(world, 'cmake', { args: '--build *', stderr: 'ninja: error\n', exitCode: 1 });
    const page = join(world.directory, 'proof.md');
    expect((await world.run(['prove', '--markdown', page])).exitCode).toBe(1);
    expect(await readFile(page, 'utf8')).toContain('ninja: error');
  });
});

describe('--tests', () => {
  it('does not go together with --preset', async () => {
    const result = await world.run(['test', '--tests', 'test_small', '--preset', 'quick', '--json']);
    expect([result.exitCode, ...failureCodes(result)]).toEqual([2, 'usage']);
  });
});

describe('a clone that is not compiled', () => {
  it('says what to do', async () => {
    const clone = join(world.directory, 'clone', 'bin');
    await mkdir(clone, { recursive: true });
    await cp(dirname(bin), clone, { recursive: true });
    const result = spawnSync(process.execPath, [join(clone, 'cpython-awslc.js'), 'list'], { encoding: 'utf8' });
    expect([result.status, result.stdout, result.stderr]).toEqual([1, '', expect.stringContaining('npm run build')]);
  });
});
