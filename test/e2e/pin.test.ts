import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/model/catalogue.ts';
import { parseJson } from '../../src/model/json.ts';
import { pinReportSchema, type PinReport } from '../../src/model/pin.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { startFileServer, type Behaviour, type RigServer } from '../rig/http-server.ts';
import { capabilities, packAwslc, packCpython, type SmallArchive } from '../rig/pipeline-archives.ts';
import { makeWorld, versions, type World } from '../rig/pipeline.ts';

const folder = (name: string): { name: string; type: string } => ({ name: `${name}/`, type: '5' });
const cpython = (version: string): SmallArchive => packCpython(version, [folder(`Python-${version}/Lib`)]);
const awslc = (version: string): SmallArchive =>
  packAwslc(version, [folder(`aws-lc-${version}/crypto`), folder(`aws-lc-${version}/ssl`)]);

let world: World;
let before: Record<string, string>;
const servers: RigServer[] = [];
const readCatalogue = async (): Promise<Record<string, string>> => ({
  awslc: await readFile(join(world.catalogue, 'awslc.json'), 'utf8'),
  cpython: await readFile(join(world.catalogue, 'cpython.json'), 'utf8'),
});
beforeEach(async () => {
  world = await makeWorld({ cpython: cpython(versions.cpython) });
  before = await readCatalogue();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await world.remove();
});

const serve = async (archive: SmallArchive, behaviour: Behaviour = { do: 'serve' }): Promise<string> => {
  const server = await startFileServer(archive.bytes, [behaviour]);
  servers.push(server);
  return `${server.url}/${archive.file}`;
};
const pin = (args: readonly string[], path = world.fakes.pathWithSystem): Promise<CliResult> =>
  runCli(['pin', ...args, '--catalogue', world.catalogue, '--store', world.store], { env: { PATH: path } });
const entries = async (kind: keyof Catalogue): Promise<Catalogue['awslc' | 'cpython']['entries']> =>
  (JSON.parse((await readCatalogue())[kind] ?? '') as Catalogue[typeof kind]).entries;
const readReport = (result: CliResult): PinReport => {
  expect(result.exitCode, result.stderr).toBe(0);
  const report = parseJson(pinReportSchema, result.stdout);
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  return report.value;
};
/** Ended so, and left the catalogue, the downloads and the scratch as they were. */
const refused = async (result: CliResult, exitCode: number, said: RegExp): Promise<void> => {
  expect(result.stderr).toMatch(said);
  expect(result.exitCode).toBe(exitCode);
  expect(result.stdout).toBe('');
  expect(await readCatalogue()).toEqual(before);
  expect(await readdir(join(world.store, 'v1/downloads')).catch(() => [])).toEqual([]);
  expect(await world.leftovers()).toEqual([]);
};

describe('pin', () => {
  it('without a digest tells the one that it found and the command to repeat, which then works', async () => {
    const archive = cpython('3.14.89');
    const url = await serve(archive);
    const asked = await pin(['cpython', '3.14.89', '--url', url]);
    await refused(asked, 2, new RegExp(`https Python-3\\.14\\.89\\.tar\\.xz has sha256 ${archive.sha256}`));
    const command = /^ {4}cpython-awslc (pin .*--sha256 [0-9a-f]{64}) \[usage\]$/m.exec(asked.stderr)?.[1] ?? '';
    expect(command).toContain(`--sha256 ${archive.sha256}`);
    const done = await runCli(command.split(' '), { env: { PATH: world.fakes.pathWithSystem } });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stdout).toContain('CPython 3.14.89: added to the catalogue\n');
    expect(await entries('cpython')).toMatchObject([
      {
        version: '3.14.89',
        series: '3.14',
        archive: {
          file: 'Python-3.14.89.tar.xz',
          sha256: archive.sha256,
          sizeBytes: archive.bytes.length,
          format: 'tar.xz',
          root: 'Python-3.14.89',
          origins: [{ kind: 'https', url }],
        },
      },
      { version: versions.cpython },
    ]);
    const { cpython: text = '', awslc: other } = await readCatalogue();
    expect(await format(text, { printWidth: 120, parser: 'json' })).toBe(text);
    expect(other).toBe(before['awslc']);
    expect(await world.leftovers()).toEqual([]);
    // What was verified is kept: a fetch of it needs no network.
    await world.run(['fetch', '--python', versions.cpython]);
    expect((await world.run(['fetch', '--python', '3.14.89', '--offline'])).exitCode).toBe(0);
  });

  it('reads version and capabilities of AWS-LC from its headers, whatever the archive is called', async () => {
    const archive = awslc('5.91.0');
    const url = (await serve(archive)).replace(archive.file, 'v5.91.0.tar.gz');
    const args = ['awslc', '5.91.0', '--url', url, '--crate', 'aws-lc-sys@0.99.0', '--sha256', archive.sha256];
    // A cargo that has no such crate, whatever cargo this machine has: the other origin has to do, and the report says so.
    const notFound = 'error: could not find `aws-lc-sys` in registry `crates-io`\n';
    await world.fakes.add({
      cargo: [
        { args: '--version', stdout: 'cargo 1.95.0 (abc 2026-01-01)\n' },
        { stderr: notFound, exitCode: 101 },
      ],
    });
    const report = readReport(await pin([...args, '--json']));
    expect(report).toMatchObject({
      change: 'added',
      entry: { version: '5.91.0', line: 'main', capabilities, archive: { file: 'v5.91.0.tar.gz', format: 'tar.gz' } },
      origins: [
        { origin: 'https v5.91.0.tar.gz', gave: true },
        { origin: 'crate aws-lc-sys 0.99.0', gave: false, reason: 'cargo finds no such crate' },
      ],
    });
    expect((await entries('awslc')).map(({ version }) => version)).toEqual([versions.awslc, '5.91.0']);
    // Once more: the recorded digest holds, and nothing changes.
    const text = (await readCatalogue())['awslc'];
    expect(readReport(await pin(['awslc', '5.91.0', '--json'])).change).toBe('none');
    expect((await readCatalogue())['awslc']).toBe(text);
  });

  it('names FIPS versions and finds their line', async () => {
    const archive = awslc('4.2.0');
    const url = await serve(archive);
    const args = ['--url', url, '--sha256', archive.sha256];
    await refused(await pin(['awslc', '4.2.0', '--line', 'fips-2025', ...args]), 2, /named fips-…[^]*\[usage\]/);
    await pin(['awslc', 'fips-4.2.0', ...args]);
    expect(await entries('awslc')).toMatchObject([{ version: 'fips-4.2.0', line: 'fips-2025' }, { version: '5.90.0' }]);
  });

  it('refuses bytes of another digest than named, with both', async () => {
    const archive = cpython('3.14.89');
    const wrong = 'f'.repeat(64);
    const result = await pin(['cpython', '3.14.89', '--url', await serve(archive), '--sha256', wrong]);
    await refused(
      result,
      4,
      new RegExp(`expected sha256 ${wrong}\\n +found +sha256 ${archive.sha256} \\[digest-mismatch\\]`),
    );
  });

  it('holds a known version to its recorded digest: another one, named or served, is refused', async () => {
    const other = cpython('3.14.91');
    const named = await pin(['cpython', versions.cpython, '--sha256', other.sha256]);
    await refused(named, 4, /\[digest-mismatch\]/);
    const served = await pin(['cpython', versions.cpython, '--url', await serve(other)]);
    await refused(served, 4, new RegExp(`found +sha256 ${other.sha256} \\[digest-mismatch\\]`));
  });

  it('refuses an archive that is not what it is pinned as', async () => {
    const newer = cpython('3.14.92');
    const args = ['cpython', '3.14.89', '--url', await serve(newer), '--sha256', newer.sha256];
    await refused(await pin(args), 4, /it is CPython 3\.14\.92, not 3\.14\.89[^]*\[archive-refused\]/);
    const library = awslc('5.91.0');
    const swapped = ['cpython', '3.14.91', '--url', await serve(library), '--sha256', library.sha256];
    await refused(await pin(swapped), 4, /no directory in it has Include\/patchlevel\.h[^]*\[archive-refused\]/);
    const noise: SmallArchive = { ...library, bytes: Buffer.from('<html>not found</html>'), sha256: '' };
    const { stderr } = await pin(['awslc', '5.91.0', '--url', await serve(noise)]);
    const sha256 = /has sha256 ([0-9a-f]{64})/.exec(stderr)?.[1] ?? '';
    const page = ['awslc', '5.91.0', '--url', await serve(noise), '--sha256', sha256];
    await refused(await pin(page), 4, /neither a gzip nor an xz file[^]*\[archive-refused\]/);
  });

  it('refuses a series that it cannot configure, before anything is fetched', async () => {
    const archive = cpython('3.99.0');
    const result = await pin(['cpython', '3.99.0', '--url', await serve(archive), '--sha256', archive.sha256]);
    await refused(
      result,
      2,
      /series 3\.99 is configured is not known[^]*Known series: 3\.9[^]*3\.14[^]*\[unsupported\]/,
    );
    expect(servers[0]?.requests).toEqual([]);
  });

  it('says everything that is wrong with the options at once', async () => {
    const wrong = ['--url', 'ftp://x/y', '--crate', 'aws-lc-sys', '--debian', 'python', '--sha256', 'ABC', '--roster'];
    const result = await pin(['openssl', '3', ...wrong, '--json']);
    expect(result.exitCode).toBe(2);
    expect(failureCodes(result)).toEqual(Array.from({ length: 6 }, () => 'usage'));
    for (const option of ['pin openssl', '--url', '--crate', '--debian', '--sha256', '--roster']) {
      expect(result.stderr).toContain(option);
    }
    await refused(await pin(['cpython', '3.14']), 2, /must be a whole version/);
    await refused(await pin(['cpython', '3.14.89']), 2, /needs an origin/);
    await refused(
      await pin(['cpython', '3.14.89', '--url', 'https://me:secret@host.example/x']),
      2,
      /no user or password/,
    );
  });

  it('says why no origin gave the file, and needs a digest or the file itself when offline', async () => {
    const archive = cpython('3.14.89');
    const url = await serve(archive, { do: 'status', status: 404 });
    const args = ['cpython', '3.14.89', '--url', url];
    await refused(await pin([...args, '--sha256', archive.sha256]), 1, /HTTP 404[^]*\[origins-exhausted\]/);
    await refused(await pin(args), 2, /HTTP 404[^]*\[usage\]/);
    await refused(await pin([...args, '--offline', '--sha256', archive.sha256]), 1, /\[offline\]/);
    await refused(await pin([...args, '--offline']), 2, /must be named[^]*\[usage\]/);
  });

  it('needs a compiler to read AWS-LC’s headers', async () => {
    const archive = awslc('5.91.0');
    await world.fakes.remove('gcc', 'cc', 'clang');
    const args = ['awslc', '5.91.0', '--url', await serve(archive), '--sha256', archive.sha256];
    await refused(await pin(args, world.fakes.path), 1, /gcc or clang is needed[^]*\[tool-missing\]/);
  });

  it('of two at once loses neither', async () => {
    const archives = ['5.91.0', '5.92.0', '5.93.0'].map((version) => ({ version, archive: awslc(version) }));
    const urls = await Promise.all(archives.map(({ archive }) => serve(archive)));
    const results = await Promise.all(
      archives.map(({ version, archive }, index) =>
        pin(['awslc', version, '--url', urls[index] ?? '', '--sha256', archive.sha256]),
      ),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect((await entries('awslc')).map(({ version }) => version)).toEqual(['5.90.0', '5.91.0', '5.92.0', '5.93.0']);
  });

  it('leaves a catalogue that it cannot read alone', async () => {
    await rm(join(world.catalogue, 'cpython.json'));
    const result = await pin(['awslc', '5.91.0', '--crate', 'aws-lc-sys@0.99.0', '--sha256', 'a'.repeat(64)]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('[file-invalid]');
  });
});
