import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/model/catalogue.ts';
import type { Failure } from '../../src/model/failure.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { hostileArchives } from '../rig/hostile-archives.ts';
import { findStored, makeWorld, prepend, proveScript, type World, type WorldOptions } from '../rig/pipeline.ts';
import { capabilities, packAwslc, type SmallArchive } from '../rig/pipeline-archives.ts';
import { withSmallDisk } from '../rig/small-disk.ts';

let world: World;
afterEach(() => world.remove());
const open = async (options?: WorldOptions): Promise<void> => {
  world = await makeWorld(options);
};

/** Runs with --json and holds the end against what was expected; gives the first failure. */
const failing = async (
  args: readonly string[],
  exitCode: number,
  code: string,
): Promise<CliResult & { failure: Failure }> => {
  const result = await world.run([...args, '--json']);
  expect([result.exitCode, ...new Set(failureCodes(result))]).toEqual([exitCode, code]);
  expect(result.stderr).toContain(`[${code}]`);
  expect(await world.leftovers()).toEqual([]);
  const { failures } = JSON.parse(result.stdout) as { failures: readonly [Failure] };
  return { ...result, failure: failures[0] };
};
/** The same command succeeds when the cause is gone. */
const recovers = async (args: readonly string[]): Promise<void> => {
  const result = await world.run(args);
  expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('done')]);
};
const editAwslc =
  (edit: (entry: Catalogue['awslc']['entries'][number]) => object): NonNullable<WorldOptions['editCatalogue']> =>
  (catalogue) => ({
    ...catalogue,
    awslc: { ...catalogue.awslc, entries: catalogue.awslc.entries.map((entry) => ({ ...entry, ...edit(entry) })) },
  });

describe('what this machine lacks', () => {
  it('a missing compiler, and a missing cmake, are said at once before anything starts', async () => {
    await open();
    await world.fakes.add({ gcc: { exitCode: 127 }, 'g++': { exitCode: 127 }, cmake: { exitCode: 127 } });
    const { failure, stderr } = await failing(['build'], 1, 'tool-missing');
    expect(failure).toMatchObject({ tool: 'gcc and g++' });
    expect(stderr).toMatch(/cmake is needed to configure AWS-LC/);
    expect(stderr).toContain('doctor --fix');
    expect(world.servers.awslc.requests).toEqual([]);
  });

  it('missing headers of libffi', async () => {
    await open();
    await world.fakes.add({
      cc: [
        { args: '--version', stdout: 'cc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
        { args: '-E *', script: 'cat >/dev/null; echo found:zlib:' },
      ],
    });
    const { failure } = await failing(['build'], 1, 'package-missing');
    expect(failure).toMatchObject({ packages: ['headers of libffi'] });
    expect(world.servers.awslc.requests).toEqual([]);
  });

  it('an unwritable store', async () => {
    await open();
    await writeFile(join(world.directory, 'file'), '');
    const result = await world.run(['build', '--json', '--store', join(world.directory, 'file', 'store')]);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['io-failed']]);
  });
});

describe('a tool that fails', () => {
  it('configure: the command, its last lines, the log, and the reason in config.log', async () => {
    await open();
    await prepend(world, 'configure', {
      stdout: 'checking for gcc... gcc\n',
      stderr: 'configure: error: C compiler cannot create executables\n',
      script:
        'printf "configure:1: checking\\nconfigure:77: error: C compiler cannot create executables\\n" >config.log; exit 77',
    });
    const { failure, stderr } = await failing(['build'], 1, 'command-failed');
    expect(failure).toMatchObject({
      exit: 'exit code 77',
      argv: expect.arrayContaining(['../src/configure']) as unknown,
    });
    expect(stderr).toContain('config.log: configure:77: error: C compiler cannot create executables');
    expect(stderr).toContain('doctor --fix');
    const log = failure.code === 'command-failed' ? await readFile(failure.log, 'utf8') : '';
    expect(log).toContain('checking for gcc... gcc');
    await prepend(world, 'configure');
    await recovers(['build']);
  });

  it('make: what ran already is kept, and the next run goes on from there', async () => {
    await open();
    await prepend(world, 'make', { args: '-j*', stderr: 'error: no rule\nmake: *** [all] Error 1\n', exitCode: 2 });
    const { failure, stderr, stdout } = await failing(['build'], 1, 'command-failed');
    expect(failure).toMatchObject({ exit: 'exit code 2', lastLines: ['error: no rule', 'make: *** [all] Error 1'] });
    expect(stderr).toContain('compile CPython 3.14.90 without _ssl and _hashlib failed (exit code 2)');
    // No path of this machine where the command is shown: places instead.
    expect(failure.code === 'command-failed' && failure.argv.join(' ')).toMatch(/^make -j\d+$/);
    const { run } = JSON.parse(stdout) as { run: string };
    const record = JSON.parse(await readFile(join(world.store, 'v1/runs', run, 'run.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      exitCode: 1,
      cells: [{ steps: expect.arrayContaining([expect.objectContaining({ outcome: 'failed' })]) as unknown }],
    });
    await prepend(world, 'make');
    const before = await world.fakes.calls('fake-configure');
    await recovers(['build']);
    expect(await world.fakes.calls('fake-configure')).toEqual(before);
  });

  it('cmake, and a tool that is killed', async () => {
    await open();
    await prepend(world, 'cmake', { args: '-G *', stderr: 'CMake Error: no generator\n', exitCode: 1 });
    expect((await failing(['build'], 1, 'command-failed')).stderr).toContain('CMake Error: no generator');
    await prepend(world, 'cmake', { args: '--build *', stderr: 'cc1: out of memory\n', signal: 'KILL' });
    const killed = await failing(['build'], 1, 'command-failed');
    expect(killed.failure).toMatchObject({ exit: 'signal SIGKILL' });
    expect(killed.stderr).toContain('--jobs 1');
    await prepend(world, 'cmake');
    await recovers(['build']);
  });

  it('a full disk, as a tool says it', async () => {
    await open();
    await prepend(world, 'make', {
      args: '-j*',
      stderr: 'ld: final link failed: No space left on device\n',
      exitCode: 1,
    });
    expect((await failing(['build'], 1, 'disk-full')).stderr).toContain('finished steps are kept');
    await prepend(world, 'make');
    await recovers(['build']);
  });

  it('a full disk, really: a small file system', async (test) => {
    await open();
    const disk = join(world.directory, 'disk');
    await withSmallDisk(test, disk, '10m', async () => {
      await prepend(world, 'cmake', { args: '--build *', script: 'head -c 16000000 /dev/zero >big || exit 1' });
      const store = join(disk, 'store');
      const result = await world.run(['build', '--json', '--store', store]);
      expect([result.exitCode, ...new Set(failureCodes(result))]).toEqual([1, 'disk-full']);
      await prepend(world, 'cmake');
      const again = await world.run(['build', '--store', store]);
      expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('have   configure AWS-LC')]);
    });
  });
});

describe('the thing built is not what was asked', () => {
  it('AWS-LC’s headers have not the capabilities of the catalogue', async () => {
    const hashes = capabilities.hashes.filter((name) => name !== 'md4');
    await open({ editCatalogue: editAwslc(() => ({ capabilities: { ...capabilities, hashes } })) });
    const { failure } = await failing(['build'], 5, 'capability-mismatch');
    expect(failure).toMatchObject({
      awslc: '5.90.0',
      differences: [{ name: 'EVP_md4(', expected: 'absent', found: 'present' }],
    });
  });

  it('AWS-LC’s sources have not the capabilities of the catalogue', async () => {
    const groups = capabilities.groups.filter((name) => name !== 'X25519');
    await open({ editCatalogue: editAwslc(() => ({ capabilities: { ...capabilities, groups } })) });
    const { failure } = await failing(['build'], 5, 'capability-mismatch');
    expect(failure).toMatchObject({
      awslc: '5.90.0',
      differences: [{ name: '"X25519"', expected: 'absent', found: 'present' }],
    });
  });

  it('a claim fails: expected and found, and the proof is kept', async () => {
    await open();
    await prepend(world, 'python', { args: '*prove.py*', script: proveScript('openssl-version') });
    const { failure, stderr } = await failing(['prove'], 5, 'proof-failed');
    expect(failure).toMatchObject({
      claims: [{ id: 'openssl-version', expected: 'AWS-LC 5.90.0', found: 'something else' }],
    });
    expect(stderr).toContain('full proof: ');
    expect(failure.code === 'proof-failed' && (await readFile(failure.log, 'utf8'))).toContain('something else');
    // A failed proof is no result: it is made again.
    await failing(['prove'], 5, 'proof-failed');
    await prepend(world, 'python');
    await recovers(['prove']);
  });

  it('a proof that is no proof', async () => {
    await open();
    await prepend(world, 'python', { args: '*prove.py*', script: 'echo "{}" >"$7"' });
    await failing(['prove'], 4, 'record-invalid');
    await prepend(world, 'python', { args: '*prove.py*', script: ':' });
    await failing(['prove'], 5, 'proof-failed');
  });

  it('unexpected verdicts', async () => {
    const failingSuite = `import unittest
class SmallTests(unittest.TestCase):
    def test_one(self): self.fail('one is not two')
    def test_two(self): pass
`;
    await open({ suites: { 'test_small.py': failingSuite } });
    const { failure, stderr } = await failing(['test'], 3, 'verdicts-unexpected');
    // The twin fails alike: what only AWS-LC does is in test/e2e/twin.test.ts.
    expect(failure).toMatchObject({ counts: { COMMON: 1 } });
    expect(stderr).toContain('test.test_small.SmallTests.test_one');
    // Recorded raw results are judged afresh: the same verdict without running anything.
    const before = (await world.work()).length;
    await failing(['test'], 3, 'verdicts-unexpected');
    expect((await world.work()).length).toBe(before);
  });

  it('a run record that cannot be read, as a baseline; and one that is not there', async () => {
    await open();
    const file = join(world.directory, 'run.json');
    await writeFile(file, '{"version": 1}');
    const result = await world.run(['test', '--json', '--baseline', file]);
    expect([result.exitCode, failureCodes(result)]).toEqual([4, ['record-invalid']]);
    const unknown = await world.run(['test', '--json', '--baseline', 'no-such-run']);
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-run']]);
    const built = JSON.parse((await world.run(['build', '--json'])).stdout) as { run: string };
    const noSuites = await world.run(['test', '--json', '--baseline', built.run]);
    expect([noSuites.exitCode, failureCodes(noSuites)]).toEqual([2, ['unknown-run']]);
    // Said before anything of an hour's work began.
    expect(await world.summary()).not.toContain('python driver.py');
  });
});

describe('sources', () => {
  it('a wrong digest stops, with both digests, and nothing is kept', async () => {
    await open({ editCatalogue: editAwslc(({ archive }) => ({ archive: { ...archive, sha256: 'a'.repeat(64) } })) });
    const { failure } = await failing(['fetch', '--python', '3.14'], 4, 'digest-mismatch');
    const served = createHash('sha256').update(packAwslc('5.90.0').bytes).digest('hex');
    expect(failure).toMatchObject({ expected: 'a'.repeat(64), found: served });
    const names = await readdir(join(world.store, 'v1/downloads'));
    expect(names.filter((name) => name.startsWith('aaaa') || name.includes(served))).toEqual([]);
  });

  it('no origin answers: each one and its reason', async () => {
    await open({ awslcServer: [{ do: 'status', status: 404 }] });
    const { failure } = await failing(['fetch'], 1, 'origins-exhausted');
    expect(failure).toMatchObject({
      attempts: [{ origin: 'https aws-lc-5.90.0.tar.gz', reason: expect.stringContaining('404') as unknown }],
    });
  });

  it('offline without the archive, and with it', async () => {
    await open();
    expect((await failing(['build', '--offline'], 1, 'offline')).stderr).toContain('cpython-awslc fetch');
    expect(world.servers.awslc.requests).toEqual([]);
    await world.run(['fetch']);
    await recovers(['build', '--offline']);
  });

  it('a mirror is asked in place of upstream', async () => {
    await open({
      editCatalogue: editAwslc(({ archive }) => ({
        archive: { ...archive, origins: [{ kind: 'https', url: `https://upstream.invalid/${archive.file}` }] },
      })),
    });
    await recovers(['fetch', '--mirror', `https://upstream.invalid/=${world.servers.awslc.url}/`]);
  });

  it('a download that is cut, or answered with an error at first, comes whole in the same run', async () => {
    await open({
      awslcServer: [
        { do: 'truncate', after: 100, etag: '"a"' },
        { do: 'status', status: 503 },
        { do: 'serve', etag: '"a"' },
      ],
    });
    await recovers(['fetch']);
    expect(world.servers.awslc.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=100-',
      'bytes=100-',
    ]);
  });

  it('hostile archives end everything, and nothing of them is kept', async () => {
    const titles = ['an absolute path', 'a path that goes up', 'a symlink out of the tree', 'a setuid bit', 'noise'];
    const chosen = hostileArchives.filter(({ title }) => titles.includes(title));
    expect(chosen).toHaveLength(titles.length);
    for (const { title, tar } of chosen) {
      const bytes = gzipSync(tar);
      const awslc: SmallArchive = {
        bytes,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        file: 'evil.tar.gz',
      };
      await open({ awslc, editCatalogue: editAwslc(({ archive }) => ({ archive: { ...archive, root: 'src' } })) });
      const { failure } = await failing(['fetch'], 4, 'archive-refused');
      expect([title, failure.code]).toEqual([title, 'archive-refused']);
      await expect(findStored(world, 'unpack-awslc')).rejects.toThrow('no finished step');
      if (title !== titles.at(-1)) await world.remove();
    }
  });

  it('a directory that is no AWS-LC, and one that is not there', async () => {
    await open();
    const own = join(world.directory, 'own');
    await mkdir(join(own, 'include/openssl'), { recursive: true });
    await writeFile(join(own, 'include/openssl/base.h'), 'int x;\n');
    await failing(['build', '--awslc', `path:${own}`], 2, 'unsupported');
    await rm(own, { recursive: true });
    await failing(['build', '--awslc', `path:${own}`], 2, 'usage');
  });
});
