import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/model/failure.ts';
import type { Manifest, Roster } from '../../src/model/manifest.ts';
import type { Packages } from '../../src/model/packages.ts';
import type { VerdictReport } from '../../src/model/verdict.ts';
import { failureCodes, runCli, type CliOptions, type CliResult } from '../rig/cli.ts';
import type { FakeAnswer } from '../rig/fake-programs.ts';
import { copyPackage, type PackageCopy } from '../rig/package-copy.ts';
import { findStored, makeWorld, prepend, type World } from '../rig/pipeline.ts';

// One built Python for all. Its pip, its environments and what the checks do are the test's own.
let directory: string;
let world: World;
let copy: PackageCopy;

const wheel = Buffer.from('the bytes of a wheel');
const sha256 = createHash('sha256').update(wheel).digest('hex');
const file = 'small-1.0-py3-none-any.whl';
const secret = 'hunter2';
const indexUrl = `https://me:${secret}@index.private.example/simple`;

const about = { crypto: 'ssl' as const, reason: 'a package of this test' };
const packages: Packages = {
  version: 1,
  resolved: '2026-01-01',
  libc: ['gnu'],
  packages: [
    { name: 'small', module: 'small', ...about },
    { name: 'rare', module: 'rare', ...about },
  ],
  wheels: [{ name: 'small', version: '1.0', file, sha256, series: ['3.14'], arch: ['x86_64', 'aarch64'] }],
};
const small = 'packages.small.Small';
const roster: Roster = {
  version: 1,
  python: 'packages',
  files: { packages: { [small]: ['test_one', 'test_rare'] } },
};
const manifest: Manifest = {
  version: 1,
  series: 'packages',
  environment: [],
  entries: [
    {
      id: `${small}.test_rare`,
      expect: 'skip',
      match: 'no wheel of rare is listed',
      reason: 'nobody makes one',
      evidence: 'this test',
    },
  ],
};
const suite = (place: string): string => `import json, os, unittest

PLACE = ${JSON.stringify(place)}

class Small(unittest.TestCase):
    def test_one(self):
        with open(os.path.join(PLACE, 'mode')) as file:
            self.assertEqual(file.read(), '')

    def test_rare(self):
        with open(os.path.join(PLACE, 'packages.json')) as file:
            self.skipTest(json.load(file)['absent']['rare'])
`;

/** What a virtual environment and its packages are here; \`packages.json\` is kept for the checks. */
const answers = (place: string): readonly FakeAnswer[] => [
  {
    args: '-m venv *',
    script: `mkdir -p "$3/bin"; ln -s "$PREFIX/bin/python3" "$3/bin/python3"; cp "$3/../packages.json" '${place}/packages.json'`,
  },
  { args: '*-m pip --isolated*' },
  {
    args: '*describe.py*',
    script: `echo '{"pip": "1.0", "library": "AWS-LC 5.90.0", "wheels": [], "packages": [
{"name": "small", "version": "1.0", "crypto": "own", "usesSsl": true, "brings": {"_own.so": ["OpenSSL 9.9.9 1 Jan 2026"]}}]}' >"$4"`,
  },
];
/** A pip whose index gives these bytes. */
const pip = (bytes: string, handshakes = '[{"version": "TLSv1.3", "cipher": "TLS_SMALL"}]'): FakeAnswer => ({
  args: '*download.py*',
  script: `
for WORD; do case $PREVIOUS in --dest) INTO=$WORD;; --transport) TRANSPORT=$WORD;; esac; PREVIOUS=$WORD; done
echo "Looking in indexes: $PIP_INDEX_URL"
printf %s '${bytes}' >"$INTO/${file}"
echo '{"pip": "1.0", "library": "AWS-LC 5.90.0", "handshakes": ${handshakes}}' >"$TRANSPORT"`,
});
const goodPip = pip(wheel.toString());
const badPip = (said: string): FakeAnswer => ({ args: '*download.py*', stderr: said, exitCode: 1 });

const setPip = (answer: FakeAnswer): Promise<void> => prepend(world, 'python', answer, ...answers(directory));
const test = (args: readonly string[] = [], cli: CliOptions = {}): Promise<CliResult> =>
  world.run(['test', '--json', '--preset', 'packages', ...args], {
    ...cli,
    bin: copy.bin,
    env: { PIP_INDEX_URL: indexUrl, PIP_TARGET: '/elsewhere', ...cli.env },
  });
const storeCommand = (...args: readonly string[]): Promise<CliResult> =>
  runCli([...args, '--store', world.store], { bin: copy.bin });
const dropWheel = async (): Promise<void> => {
  await rm(join(world.store, 'v1/downloads', sha256), { force: true });
};
const pipCalls = async (): Promise<number> =>
  (await world.fakes.calls('fake-python')).filter(({ args }) => args.join(' ').includes('download.py')).length;
const ended = (result: CliResult): readonly unknown[] => [result.exitCode, ...new Set(failureCodes(result))];
const firstFailure = (result: CliResult): Failure | undefined =>
  (JSON.parse(result.stdout) as { failures: readonly Failure[] }).failures[0];
const verdictsOf = (result: CliResult): VerdictReport => {
  // The document's schema holds for it: test/e2e/schema.test.ts.
  const document = JSON.parse(result.stdout) as { cells: readonly [{ verdicts: VerdictReport }] };
  return document.cells[0].verdicts;
};
const unexpectedOf = (result: CliResult): readonly string[] =>
  verdictsOf(result)
    .verdicts.filter(({ verdict }) => !['PASS', 'XSKIP'].includes(verdict))
    .map(({ verdict, id }) => `${verdict} ${id}`);
/** Every text of the store that a person or program may read. */
const readTexts = async (): Promise<string> => {
  const names = await readdir(world.store, { recursive: true, withFileTypes: true });
  const texts = names
    .filter((entry) => entry.isFile() && /\.(json|log|txt)$/.test(entry.name))
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packages-'));
  world = await makeWorld();
  copy = await copyPackage(join(directory, 'package'));
  const checks = join(directory, 'package/src/python/packages');
  await rm(checks, { recursive: true });
  await mkdir(checks);
  await writeFile(join(checks, '__init__.py'), '');
  await writeFile(join(checks, 'small.py'), suite(directory));
  await copy.writePackages(packages);
}, 60_000);
afterAll(async () => {
  await world.remove();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await copy.writeRoster(roster);
  await copy.writeManifest(manifest);
  await writeFile(join(directory, 'mode'), '');
  await setPip(goodPip);
});

describe('package checks', () => {
  it('run in a virtual environment, with wheels of the machine’s index, and say whose crypto it is', async () => {
    const result = await test();
    expect(ended(result)).toEqual([0]);
    const report = verdictsOf(result);
    expect(report.counts).toMatchObject({ PASS: 1, XSKIP: 1 });
    expect([report.manifest, report.roster, report.notes]).toEqual(['packages', 'packages', []]);
    expect(report.packages?.packages).toEqual([
      {
        name: 'small',
        version: '1.0',
        crypto: 'own',
        usesSsl: true,
        brings: { '_own.so': ['OpenSSL 9.9.9 1 Jan 2026'] },
      },
    ]);
    const record = await readFile(join(await findStored(world, 'fetch-packages'), 'record.json'), 'utf8');
    expect(JSON.parse(record)).toMatchObject({ origin: 'pip 1.0 over TLSv1.3 TLS_SMALL of AWS-LC 5.90.0' });
    const text = await world.run(['test', '--preset', 'packages'], { bin: copy.bin });
    expect(text.stdout).toContain('small 1.0  its own: OpenSSL 9.9.9 1 Jan 2026 (_own.so); imports ssl or hashlib too');
  });

  it('lets pip’s settings through to the step that fetches, and to nothing else; no text of the store has them', async () => {
    const calls = await world.fakes.calls();
    const asked = calls.filter(({ env }) => env['PIP_INDEX_URL'] !== undefined);
    expect(asked.map(({ args }) => args.find((word) => word.endsWith('.py')))).toEqual([
      expect.stringContaining('package_tools/download.py'),
    ]);
    expect(asked[0]?.env).toMatchObject({ PIP_INDEX_URL: indexUrl, PIP_NO_INPUT: '1' });
    // What would put packages elsewhere is none of it.
    expect(asked[0]?.env).not.toHaveProperty('PIP_TARGET');
    const texts = await readTexts();
    expect(texts).toContain('Looking in indexes: <address>');
    expect(texts).not.toContain(secret);
    expect(texts).not.toContain('private.example');
  });

  it('need no index again: the wheels are kept by digest, and a damaged one is fetched again', async () => {
    const before = await pipCalls();
    expect(ended(await test(['--rerun', '--offline']))).toEqual([0]);
    expect(await pipCalls()).toBe(before);
    await dropWheel();
    const offline = await test(['--rerun', '--offline']);
    expect(ended(offline)).toEqual([1, 'offline']);
    expect(firstFailure(offline)).toMatchObject({ subject: file });
    await writeFile(join(world.store, 'v1/downloads', sha256), 'damaged');
    expect(ended(await test(['--rerun']))).toEqual([0]);
    expect(await pipCalls()).toBe(before + 1);
    expect(await readFile(join(world.store, 'v1/downloads', sha256))).toEqual(wheel);
    const gc = await storeCommand('cache', 'gc', '--json');
    expect(gc.exitCode).toBe(0);
  });

  it('an index over plain HTTP is told', async () => {
    await dropWheel();
    await setPip(pip(wheel.toString(), '[]'));
    expect(ended(await test(['--rerun']))).toEqual([0]);
    const record = await readFile(join(await findStored(world, 'fetch-packages'), 'record.json'), 'utf8');
    expect(JSON.parse(record)).toMatchObject({ origin: 'pip 1.0 without TLS' });
  });
});

describe('an index that gives no wheels is no verdict', () => {
  const unreachable =
    'WARNING: Retrying after connection broken by \'NewConnectionError("<pip._vendor.urllib3.connection.HTTPSConnection object>: Failed to establish a new connection: [Errno 111] Connection refused")\': /simple/small/\n' +
    `ERROR: Could not find a version that satisfies the requirement small==1.0 (from versions: none) of https://me:${secret}@index.private.example/simple\n` +
    'ERROR: No matching distribution found for small==1.0\n';
  it.each([
    ['cannot be reached', unreachable, 'connection refused'],
    [
      'has no address',
      "Failed to resolve 'index.private.example' ([Errno -2] Name or service not known)",
      'host name not found',
    ],
    [
      'has a certificate of its own',
      'SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]"))',
      'a certificate that nothing here vouches for',
    ],
    [
      'wants a password',
      `ERROR: HTTP error 401 while getting https://index.private.example/simple/small/`,
      'refuses who asks',
    ],
    ['has no such wheel', 'ERROR: No matching distribution found for small==1.0', 'no such wheel for this Python'],
    ['does something else', 'Traceback: boom', 'pip ended badly (exit code 1)'],
  ])('%s', async (_, said, reason) => {
    await dropWheel();
    await setPip(badPip(said));
    const result = await test(['--rerun']);
    expect(ended(result)).toEqual([1, 'origins-exhausted']);
    expect(result.stderr).toContain(reason);
    expect(result.stderr).toContain('pip config list');
    expect(JSON.parse(result.stdout)).toMatchObject({ cells: [{ verdicts: null }] });
    const texts = (await readTexts()) + result.stderr + result.stdout;
    expect(texts).not.toContain(secret);
    expect(texts).not.toContain('private.example');
  });

  it.each([
    [
      'pip finds wrong bytes',
      badPip(
        `ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    small==1.0 from https://index.private.example/${file}:\n        Expected sha256 ${sha256}\n             Got        ${'0'.repeat(64)}\n`,
      ),
      '0'.repeat(64),
    ],
    ['pip finds nothing wrong with them', pip('other bytes'), createHash('sha256').update('other bytes').digest('hex')],
  ])('%s: integrity', async (_, answer, found) => {
    await dropWheel();
    await setPip(answer);
    const result = await test(['--rerun']);
    expect(ended(result)).toEqual([4, 'digest-mismatch']);
    expect(firstFailure(result)).toMatchObject({ subject: file, expected: sha256, found });
  });

  it('packages that cannot be installed', async () => {
    await prepend(
      world,
      'python',
      { args: '*-m pip --isolated*', stderr: 'no room', exitCode: 1 },
      goodPip,
      ...answers(directory),
    );
    const result = await test(['--rerun']);
    expect(ended(result)).toEqual([1, 'command-failed']);
    expect(result.stderr).toContain('no room');
  });

  it('packages that tell nothing of their crypto', async () => {
    const mute = { args: '*describe.py*', script: 'echo nonsense >"$4"' };
    await prepend(world, 'python', mute, goodPip, ...answers(directory));
    expect(ended(await test(['--rerun']))).toEqual([4, 'record-invalid']);
  });
});

describe('what the checks found is judged by their own manifest and roster', () => {
  it('a failure, and how to run it again', async () => {
    await writeFile(join(directory, 'mode'), 'fail');
    const result = await test(['--rerun']);
    expect(ended(result)).toEqual([3, 'verdicts-unexpected']);
    expect(unexpectedOf(result)).toEqual([expect.stringMatching(`^(FAIL|COMMON) ${small}.test_one$`)]);
    const text = await world.run(['test', '--preset', 'packages'], { bin: copy.bin });
    expect(text.stdout).toContain(`--preset packages --match ${small}.test_one`);
    await writeFile(join(directory, 'mode'), '');
    expect(ended(await test(['--rerun']))).toEqual([0]);
  });

  it('a package without a wheel that no entry knows: NEWSKIP; a case that is gone: LOST', async () => {
    await copy.writeManifest({ ...manifest, entries: [] });
    expect(unexpectedOf(await test())).toEqual([`NEWSKIP ${small}.test_rare`]);
    await copy.writeManifest(manifest);
    await copy.writeRoster({ ...roster, files: { packages: { [small]: ['test_one', 'test_rare', 'test_gone'] } } });
    expect(unexpectedOf(await test())).toEqual([`LOST ${small}.test_gone`]);
  });

  it('stale entries are found by `manifest check`, and a run of them is no draft', async () => {
    await copy.writeManifest({
      ...manifest,
      entries: [
        ...manifest.entries,
        { id: `${small}.test_one`, expect: 'fail', match: 'no such text', reason: 'of old times', evidence: 'x' },
      ],
    });
    const check = await storeCommand('manifest', 'check', '--json');
    expect(check.stdout).toContain(`"id": "${small}.test_one"`);
    await copy.writeManifest(manifest);
    const draft = await storeCommand('manifest', 'draft', '--json');
    expect(ended(draft)).toEqual([2, 'unknown-run']);
  });

  it('what cannot go together is usage', async () => {
    expect(ended(await test(['--compare-plain']))).toEqual([2, 'usage']);
    const suites = await world.run(['test', '--json'], { bin: copy.bin });
    const { run } = JSON.parse(suites.stdout) as { run: string };
    expect(ended(await test(['--baseline', run]))).toEqual([2, 'unknown-run']);
  });
});
