import { execFileSync } from 'node:child_process';
import { readFile, rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { bisectDocumentSchema, type BisectDocument } from '../../src/model/bisect.ts';
import { parseJson } from '../../src/model/json.ts';
import { makeBisectWorld, makeRepository, withoutHostflags, type Repository } from '../rig/bisect.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import type { World } from '../rig/pipeline.ts';

let world: World;
let repository: Repository;
afterEach(() => world.remove());

const open = async (): Promise<void> => {
  world = await makeBisectWorld([{ mark: 'old' }]);
  repository = await makeRepository(world);
};
const documentOf = ({ stdout }: CliResult): BisectDocument => {
  const parsed = parseJson(bisectDocumentSchema, stdout);
  if (!parsed.ok) throw new Error(`${stdout}\n${JSON.stringify(parsed.error)}`);
  return parsed.value;
};
const between = (first: string, last: string): readonly string[] => [
  '--awslc',
  `git:${repository.path}#${first}..${last}`,
];
const other = ['--case', 'test.test_small.SmallTests.test_other'];

describe('bisect over a range of commits', () => {
  // Builds three commits and looks at a fourth, twice.
  it(
    'names the commit, skips one that does not build, and takes a merge for one commit',
    { timeout: 180_000 },
    async () => {
      await open();
      repository.commit('begin', { mark: 'old' });
      repository.git('tag', 'v1');
      repository.git('switch', '--quiet', '-c', 'topic');
      for (const name of ['a', 'b', 'c']) repository.commit(`topic ${name}`, { mark: 'broken' });
      repository.git('switch', '--quiet', 'main');
      repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge topic, which does not build', 'topic');
      repository.commit('mended', { mark: 'old' });
      const changed = repository.commit('Change what is \u001b[31mred', { mark: 'new' });
      const result = await world.run(['bisect', '--json', ...between('v1', 'main'), ...other]);
      expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('4 commits along first parents')]);
      const document = documentOf(result);
      expect(document).toMatchObject({
        range: { of: 'git', first: 'v1', last: 'main', candidates: 4, lines: [] },
        outcome: 'found',
        first: changed,
      });
      const after = document.probes.find(({ candidate }) => candidate === changed);
      expect(after).toMatchObject({ title: 'Change what is red', standing: 'changed' });
      const merge = repository.git('rev-list', '--merges', 'main');
      expect(document.probes.find(({ candidate }) => candidate === merge)?.skipped).toContain('error: it is broken');
      // No address of the repository gets into a record.
      const record = await readFile(after?.run?.file ?? '', 'utf8');
      expect(record).not.toContain(repository.path);
      expect(JSON.parse(record)).toMatchObject({
        command: 'bisect',
        plan: { cells: [{ cell: { awslc: { version: '5.90.0' } } }] },
      });

      // A whole id says what a commit is: what was asked is known without the repository's trees.
      const calls = (await world.work()).length;
      const shown = await world.run(['bisect', ...between('v1', 'main'), ...other]);
      expect(shown.stdout).toMatch(
        new RegExp(`^Commit ${changed.slice(0, 12)} \\(Change what is red\\) is the first that answers otherwise\n`),
      );
      expect(shown.stdout).toContain('Commits that came by a merge count as the merge.');
      const asked = (await world.work()).slice(calls).map(({ program, args }) => `${program} ${args.join(' ')}`);
      expect(asked.filter((call) => !/^(?:git|gcc -E) /.test(call))).toEqual([]);
      expect(asked.filter((call) => call.includes('archive'))).toEqual([]);
    },
  );

  it('asks for a capability of real headers with the real compiler', async () => {
    await open();
    // As large servers do: the history comes without trees.
    repository.git('config', 'uploadpack.allowFilter', 'true');
    await world.fakes.add({ gcc: { exec: execFileSync('which', ['gcc'], { encoding: 'utf8' }).trim() } });
    for (const name of ['1', '2', '3', '4', '5']) repository.commit(name, { mark: 'old', has: withoutHostflags });
    const added = repository.commit('Add X509_VERIFY_PARAM_get_hostflags', { mark: 'old' });
    for (const name of ['6', '7', '8', '9']) repository.commit(name, { mark: 'old' });
    const first = repository.git('rev-list', '--max-parents=0', 'main');
    const result = await world.run([
      'bisect',
      '--json',
      ...between(first.slice(0, 10), 'main'),
      '--capability',
      'X509_VERIFY_PARAM_get_hostflags',
    ]);
    expect([result.exitCode, documentOf(result)]).toMatchObject([0, { outcome: 'found', first: added }]);
    const built = (await world.work()).filter(({ program }) => ['make', 'cmake', 'fake-configure'].includes(program));
    expect(built).toEqual([]);
  });

  it('takes a commit that is on no branch', async () => {
    await open();
    repository.git('config', 'uploadpack.allowFilter', 'true');
    const first = repository.commit('one', { mark: 'old' });
    repository.git('switch', '--quiet', '--detach');
    const last = repository.commit('of a pull request', { mark: 'old', has: withoutHostflags });
    repository.git('switch', '--quiet', 'main');
    const result = await world.run([
      'bisect',
      '--json',
      ...between(first, last),
      '--capability',
      'X509_VERIFY_PARAM_get_hostflags',
    ]);
    expect([result.exitCode, documentOf(result).first]).toEqual([0, last]);
  });
});

describe('ends that are no range', () => {
  it.each([
    ['no-such-branch', 'main', 1, 'it has no branch, tag or commit no-such-branch'],
    ['main', 'main', 2, 'main and main are the same commit, '],
    ['main', 'v1', 2, 'v1 does not come from main.\n  It is the older one, which comes first: v1..main.'],
    ['v1', 'stranger', 2, 'stranger does not come from v1.\n  Begin with a commit that both have'],
    ['v1', '-x', 2, 'is not a repository and a branch, tag or commit'],
  ])('%s..%s', async (first, last, exitCode, said) => {
    await open();
    repository.commit('one', { mark: 'old' });
    repository.git('tag', 'v1');
    repository.commit('two', { mark: 'new' });
    repository.git('switch', '--quiet', '--orphan', 'stranger');
    repository.commit('another beginning', { mark: 'new' });
    repository.git('switch', '--quiet', 'main');
    const result = await world.run(['bisect', '--json', ...between(first, last), ...other]);
    expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringContaining(said)]);
  });

  it('a repository that is not there, or not to be asked', async () => {
    await open();
    repository.commit('one', { mark: 'old' });
    await rename(repository.path, `${repository.path}-away`);
    const gone = await world.run(['bisect', '--json', ...between('v1', 'main'), ...other]);
    expect([gone.exitCode, failureCodes(gone)]).toEqual([1, ['origins-exhausted']]);
    expect(gone.stderr).not.toContain(repository.path);
    const far = ['--awslc', 'git:https://user:secret@nowhere.invalid/aws-lc#v1..main', '--offline'];
    const offline = await world.run(['bisect', '--json', ...far, ...other]);
    expect([offline.exitCode, failureCodes(offline)]).toEqual([1, ['offline']]);
    expect(offline.stderr).not.toContain('secret');
  });
});
