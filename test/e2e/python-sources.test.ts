import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { VerdictReport } from '../../src/model/verdict.ts';
import { failureCodes } from '../rig/cli.ts';
import { makeWorld, prepend, toolAnswers, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.fakes.add({ git: { exec: '/usr/bin/git' } });
});
afterEach(() => world.remove());

/** A source tree of a few files that says which CPython it is. */
const writeTree = async (version: string): Promise<string> => {
  const tree = join(world.directory, 'cpython');
  await mkdir(join(tree, 'Include'), { recursive: true });
  await writeFile(join(tree, 'Include/patchlevel.h'), `#define PY_VERSION      "${version}"\n`);
  await writeFile(join(tree, 'configure'), '#!/bin/sh\nexec fake-configure "$@"\n', { mode: 0o755 });
  return tree;
};

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: cwd },
  }).trim();

const commitAll = (tree: string): string => {
  git(tree, 'init', '--quiet', '--initial-branch=main');
  git(tree, 'add', '.');
  git(tree, 'commit', '--quiet', '-m', 'one');
  return git(tree, 'rev-parse', 'HEAD');
};

const planOf = async (python: string): Promise<Plan> => {
  const { stdout, stderr, exitCode } = await world.run(['plan', '--json', '--python', python]);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Plan; // Its schema holds: test/e2e/schema.test.ts.
};

/** The world's tools speak of python3.14: what they make is of another series here. */
const speakOf = (series: string): Promise<void> => {
  const { make, python } = toolAnswers(join(world.directory, 'suites'));
  const renamed = [...make, ...python].map((answer) =>
    'script' in answer ? { ...answer, script: answer.script.replaceAll('3.14', series) } : answer,
  );
  return prepend(world, 'make', ...renamed.slice(1, make.length)).then(() =>
    prepend(world, 'python', ...renamed.slice(make.length, -1)),
  );
};

describe('a CPython of one’s own', () => {
  it('path: of a known series, after a release', async () => {
    const tree = await writeTree('3.14.91+');
    const plan = await planOf(`path:${tree}`);
    expect(plan.cells[0]?.cell.python).toMatchObject({ version: '3.14.91', series: '3.14' });
    expect(plan.notes.filter((note) => note.includes('not in the catalogue'))).toEqual([]);
  });

  it('git: gives the commit’s tree, not what lies beside it, and the record names the commit', async () => {
    const tree = await writeTree('3.14.91+');
    const commit = commitAll(tree);
    await writeFile(join(tree, 'Include/patchlevel.h'), '#define PY_VERSION "3.14.92+"\n');
    for (const ref of ['main', commit]) {
      const plan = await planOf(`git:${tree}#${ref}`);
      expect(plan.cells[0]?.cell.python).toMatchObject({ version: '3.14.91', series: '3.14' });
      expect(JSON.stringify(plan)).not.toContain(tree);
    }
    const said = await world.run(['plan', '--python', `git:${tree}#main`]);
    expect(said.stderr).toContain(`is CPython 3.14.91+, commit ${commit}`);
    const wrong = await world.run(['plan', '--json', '--python', `git:${tree}#no-such-branch`]);
    expect([wrong.exitCode, failureCodes(wrong)]).toEqual([1, ['origins-exhausted']]);
    const offline = await world.run(['plan', '--json', '--offline', '--python', `git:${tree}#main`]);
    expect([offline.exitCode, failureCodes(offline)]).toEqual([1, ['offline']]);
  });

  it.each(['path', 'git'])(
    '%s: of a series that is newer than all: configured, and judged, as the newest below',
    async (kind) => {
      const tree = await writeTree('3.99.0a2+');
      if (kind === 'git') commitAll(tree);
      const python = kind === 'git' ? `git:${tree}#main` : `path:${tree}`;
      const plan = await planOf(python);
      expect(plan.cells[0]?.cell.python).toMatchObject({ version: '3.99.0a2', series: '3.99' });
      expect(plan.notes.join('\n')).toMatch(
        /CPython 3\.99 is not in the catalogue: it is configured as 3\.\d+, the newest series below/,
      );
      await speakOf('3.99');
      const markdown = join(world.directory, 'report.md');
      const result = await world.run(['test', '--json', '--python', python, '--markdown', markdown]);
      expect([result.exitCode, failureCodes(result)]).toEqual([0, []]);
      const { cells } = JSON.parse(result.stdout) as { cells: readonly [{ verdicts: VerdictReport }] };
      const { manifest, notes } = cells[0].verdicts;
      expect(manifest).toMatch(/^3\.\d+$/);
      const note = `No manifest for CPython 3.99: judged by that of ${String(manifest)}, the newest below.`;
      expect(notes).toContain(note);
      expect(result.stderr).toContain('series 3.99 is not in the catalogue');
      const text = await world.run(['test', '--python', python, '--markdown', markdown]);
      expect(text.stdout).toContain(note);
      expect(execFileSync('cat', [markdown], { encoding: 'utf8' })).toContain(note);
    },
    30_000,
  );

  it('of a series that is older than all is refused, and what is no CPython', async () => {
    const refused = async (version: string): Promise<unknown> => {
      const tree = await writeTree(version);
      const result = await world.run(['plan', '--json', '--python', `path:${tree}`]);
      expect([result.exitCode, failureCodes(result)]).toEqual([2, ['unsupported']]);
      return result.stderr;
    };
    expect(await refused('3.8.20')).toContain('CPython 3.8.20 is older than every series that is known here');
    expect(await refused('2.7.18+')).toContain('older than every series');
    expect(await refused('')).toContain('does not look like CPython');
  });
});
