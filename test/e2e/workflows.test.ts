import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const execute = promisify(execFile);

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
}

const check = (root: string): Promise<Ended> =>
  execute(process.execPath, [join(root, 'ci/make-workflows.mjs'), '--check'], { cwd: root }).then(
    ({ stdout }) => ({ exitCode: 0, stdout }),
    (error: unknown) => {
      const { code, stdout } = error as { readonly code: number; readonly stdout: string }; // As execFile rejects.
      return { exitCode: code, stdout };
    },
  );

describe('what GitHub reads', () => {
  let copy: string;
  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'workflows-'));
    for (const name of [
      'ci',
      '.github',
      'recipes',
      'patches',
      'bin',
      'dist',
      'src/python',
      'package.json',
      '.prettierrc.json',
    ]) {
      await cp(resolve(name), join(copy, name), { recursive: true });
    }
    await symlink(resolve('node_modules'), join(copy, 'node_modules'));
  });
  afterEach(() => rm(copy, { recursive: true, force: true }));

  it('is what its sources and the recipes make; else it is named', async () => {
    expect(await check(copy)).toEqual({ exitCode: 0, stdout: '' });
    const action = join(copy, 'ci/github/action.yml');
    await writeFile(action, (await readFile(action, 'utf8')).replace('composite', 'docker'));
    await writeFile(join(copy, '.github/workflows/stray.yml'), 'name: stray\n');
    const { exitCode, stdout } = await check(copy);
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'ci/github/action.yml is not up to date',
      '.github/workflows/stray.yml is made from nothing: remove it',
      'Run: npm run build && node ci/make-workflows.mjs',
      '',
    ]);
    // Twice the jobs of every recipe.
  }, 120_000);

  it('uses actions of others by commits only, and puts no input into a script', async () => {
    const text = await readFile(join(copy, 'ci/github/action.yml'), 'utf8');
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, name]) => name ?? '');
    expect(uses.length).toBeGreaterThan(3);
    for (const name of uses) expect(name).toMatch(/^actions\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const scripts = [...text.matchAll(/run: (.*)/g)].map(([, script]) => script ?? '');
    expect(scripts).toHaveLength(3);
    for (const script of scripts) expect(script).toMatch(/^'node "\$GITHUB_ACTION_PATH\/step\.mjs" [a-z]+'$/);
  });
});
