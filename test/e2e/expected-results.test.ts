import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkSchema } from '../../src/model/json.ts';
import { manifestCheckSchema, type ManifestCheck } from '../../src/model/manifest-check.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { manifestDraftSchema, type ManifestDraft } from '../../src/model/draft.ts';
import type { VerdictReport } from '../../src/model/verdict.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { copyPackage, type PackageCopy } from '../rig/package-copy.ts';
import { makeWorld, versions, type World } from '../rig/pipeline.ts';
import { makeManifest, makeRosterOf } from '../rig/suite-runs.ts';

// One built Python for all: what its cases do is written into a file, and the manifest is a copy's.
let directory: string;
let world: World;
let copy: PackageCopy;

const suite = (place: string): string => `import os, signal, unittest

PLACE = ${JSON.stringify(place)}
with open(os.path.join(PLACE, 'mode')) as file:
    MODE = file.read().split()
# The twin's module has another content: what fails there alike would be COMMON.
with open(os.path.join(os.environ['PREFIX'], 'lib/python3.14/lib-dynload/_ssl.small.so')) as file:
    ON_OPENSSL = file.read() == 'openssl\\n'

class SmallTests(unittest.TestCase):
    def test_listed(self):
        if 'pass' not in MODE and not ON_OPENSSL:
            raise OSError('something else' if 'other' in MODE else '[SSL: NO_PRIVATE_VALUE] refused (_ssl.c:%d)' % os.getpid())

    def test_mortal(self):
        if 'kill' in MODE:
            os.kill(os.getpid(), signal.SIGKILL)
        if 'kill-once' in MODE and not os.path.exists(os.path.join(PLACE, 'killed')):
            open(os.path.join(PLACE, 'killed'), 'w').close()
            os.kill(os.getpid(), signal.SIGKILL)

    def test_skips(self):
        self.skipTest('not enough memory: 4.0G minimum needed' if 'memory' in MODE else 'no ephemeral DH')
`;

const small = 'test.test_small.SmallTests';
const roster = {
  ...makeRosterOf({ test_small: { [small]: ['test_listed', 'test_mortal', 'test_skips'] } }),
  python: versions.cpython,
};
const whole = makeManifest([
  { id: `${small}.test_listed`, expect: 'fail', match: '[SSL: NO_PRIVATE_VALUE]' },
  { id: `${small}.test_skips`, expect: 'skip', match: 'no ephemeral DH' },
]);
const withEntry = (index: number, changes: Partial<Manifest['entries'][number]>): Manifest => ({
  ...whole,
  entries: whole.entries.map((entry, at) => (at === index ? { ...entry, ...changes } : entry)),
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'expected-'));
  world = await makeWorld({ suites: { 'test_small.py': suite(directory) } });
  copy = await copyPackage(join(directory, 'package'));
  await copy.writeRoster(roster);
  await copy.writeManifest(whole);
  await writeFile(join(directory, 'mode'), '');
  expect((await test()).exitCode).toBe(0);
}, 60_000);
afterAll(async () => {
  await world.remove();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await copy.writeManifest(whole);
  await copy.writeRoster(roster);
});

const test = (...more: readonly string[]): Promise<CliResult> =>
  world.run(['test', '--json', ...more], { bin: copy.bin });

/** Runs the suites again with cases that do something else. */
const rerun = async (mode: string): Promise<CliResult> => {
  await writeFile(join(directory, 'mode'), mode);
  return test('--rerun');
};

const unexpectedOf = (result: CliResult): readonly string[] => {
  // The document's schema holds for it: test/e2e/schema.test.ts.
  const document = JSON.parse(result.stdout) as { cells: readonly [{ verdicts: VerdictReport }] };
  return document.cells[0].verdicts.verdicts
    .filter(({ verdict }) => !['PASS', 'SKIP', 'XFAIL', 'XSKIP', 'XFLAKY'].includes(verdict))
    .map(({ verdict, id }) => `${verdict} ${id.replace(`${small}.`, '')}`);
};
const expectUnexpected = (result: CliResult, verdicts: readonly string[]): void => {
  expect([result.exitCode, failureCodes(result), unexpectedOf(result)]).toEqual([3, ['verdicts-unexpected'], verdicts]);
};
const manifestCommand = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['manifest', ...args, '--store', world.store], { bin: copy.bin });

describe('recorded results are judged by today’s manifest', () => {
  it('an entry that is removed: FAIL and NEWSKIP', async () => {
    await copy.writeManifest({ ...whole, entries: [] });
    expectUnexpected(await test(), ['FAIL test_listed', 'NEWSKIP test_skips']);
  });

  it('a wrong entry: FAIL where its text is another, XPASS where the case passes', async () => {
    await copy.writeManifest(withEntry(0, { match: '[SSL: NO_SHARED_CIPHER]' }));
    expectUnexpected(await test(), ['FAIL test_listed']);
    await copy.writeManifest(
      makeManifest([...whole.entries, { id: `${small}.test_mortal`, expect: 'fail', match: 'x' }]),
    );
    expectUnexpected(await test(), ['XPASS test_mortal']);
  });

  it('an entry that holds elsewhere only', async () => {
    await copy.writeManifest(withEntry(0, { when: { capability: { pskTls13: true } } }));
    expectUnexpected(await test(), ['FAIL test_listed']);
  });

  it('a case, and a whole file, that the roster has and nothing started: LOST', async () => {
    await copy.writeRoster({
      ...roster,
      files: {
        test_small: { [small]: ['test_gone', 'test_listed', 'test_mortal', 'test_skips'] },
        test_dropped: { 'test.test_dropped.A': ['test_a'] },
      },
    });
    expectUnexpected(await test(), ['LOST test_gone']);
    // The file is selected, and is not there.
    const result = await test('--tests', 'test_small,test_dropped');
    expect([result.exitCode, unexpectedOf(result)]).toEqual([3, ['LOST test.test_dropped.A.test_a', 'LOST test_gone']]);
  });

  it('a manifest with an entry whose reason nobody has written is refused, and the entry named', async () => {
    await copy.writeManifest(withEntry(1, { reason: '' }));
    const result = await test();
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['file-invalid']]);
    expect(result.stderr).toContain(`${small}.test_skips: needs a reason`);
  });
});

describe('cases that do something else', () => {
  it('an expected failure that passes: XPASS', async () => {
    expectUnexpected(await rerun('pass'), ['XPASS test_listed']);
  });

  it('an expected failure that fails otherwise: FAIL', async () => {
    expectUnexpected(await rerun('other'), ['FAIL test_listed']);
  });

  it('a worker that is killed: UNRESOLVED when it is so alone too, FLAKY when it was so once', async () => {
    expectUnexpected(await rerun('kill'), ['UNRESOLVED test_mortal']);
    expectUnexpected(await rerun('kill-once'), ['FLAKY test_mortal']);
  });

  it('a skip for want of memory belongs to the machine, where no memory was granted', async () => {
    const result = await rerun('memory');
    expect([result.exitCode, unexpectedOf(result)]).toEqual([0, []]);
  });
});

describe('manifest draft', () => {
  it('proposes what a run showed; it is refused until its reasons are written, and then explains the run', async () => {
    expect((await rerun('')).exitCode).toBe(0);
    await copy.writeManifest({ ...whole, entries: [] });
    const text = await manifestCommand('draft');
    expect([text.exitCode, text.stderr]).toEqual([
      0,
      expect.stringContaining('2 entries for recipes/manifests/3.14.json'),
    ]);
    const { stdout } = await manifestCommand('draft', '--json');
    const document = checkSchema<ManifestDraft>(manifestDraftSchema, JSON.parse(stdout));
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    const { manifest, openReasons } = document.value;
    expect(JSON.parse(text.stdout)).toEqual(manifest);
    expect(manifest.entries.map(({ id, match, reason }) => [id, match, reason])).toEqual([
      [`${small}.test_listed`, '[SSL: NO_PRIVATE_VALUE]', ''],
      [`${small}.test_skips`, 'no ephemeral DH', ''],
    ]);
    expect(openReasons).toBe(2);
    await copy.writeManifest(manifest);
    expect((await test()).exitCode).toBe(2);
    const entries = manifest.entries.map((entry) => ({ ...entry, reason: 'a person wrote why' }));
    await copy.writeManifest({ ...manifest, entries });
    expect((await test()).exitCode).toBe(0);
    expect((await manifestCommand('draft')).stderr).toContain('Nothing to propose');
  });

  it('says what it cannot draft from', async () => {
    const unknown = await manifestCommand('draft', 'no-such-run', '--json');
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-run']]);
    const series = await manifestCommand('draft', '--series', '3.9', '--json');
    expect([series.exitCode, failureCodes(series)]).toEqual([2, ['usage']]);
    const reasons = await manifestCommand('draft', '--reasons-from', '2.7', '--json');
    expect([reasons.exitCode, failureCodes(reasons)]).toEqual([2, ['usage']]);
    const empty = await runCli(['manifest', 'draft', '--json', '--store', join(directory, 'none')], { bin: copy.bin });
    expect([empty.exitCode, failureCodes(empty)]).toEqual([2, ['unknown-run']]);
  });
});

describe('manifest check', () => {
  const check = async (...args: readonly string[]): Promise<{ exitCode: number; document: ManifestCheck }> => {
    const { exitCode, stdout } = await manifestCommand('check', '--json', ...args);
    const document = checkSchema<ManifestCheck>(manifestCheckSchema, JSON.parse(stdout));
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    return { exitCode, document: document.value };
  };
  const findingsOf = ({ manifests }: ManifestCheck): readonly string[] =>
    manifests.flatMap(({ findings }) => findings.map(({ kind, id }) => `${kind} ${id}`));

  it('finds nothing where every entry was used', async () => {
    const { exitCode, document } = await check('--series', '3.14');
    expect([exitCode, findingsOf(document)]).toEqual([0, []]);
    expect(document.manifests).toMatchObject([{ file: 'recipes/manifests/3.14.json', used: 2, entries: 2 }]);
    expect(document.manifests[0]?.cells[0]).toContain(`cpython-${versions.cpython}+awslc-${versions.awslc}`);
  });

  it('finds stale entries, unknown cases and overlaps, and ends with 2', async () => {
    await copy.writeManifest(
      makeManifest([
        ...whole.entries,
        { id: `${small}.test_mortal`, expect: 'skip', match: 'never' },
        { id: `${small}.test_gone`, expect: 'fail', match: 'never' },
        { id: `${small}.test_sk*`, expect: 'skip', match: 'DH' },
        { id: `${small}.test_listed`, expect: 'fail', match: 'never', when: { arch: ['s390x'] } },
      ]),
    );
    const { exitCode, document } = await check('--series', '3.14');
    expect([exitCode, findingsOf(document)]).toEqual([
      2,
      [
        `stale ${small}.test_mortal`,
        `unknown-case ${small}.test_gone`,
        `stale ${small}.test_sk*`,
        `overlap ${small}.test_sk*`,
      ],
    ]);
    expect(document.failures.map(({ code }) => code)).toEqual(['manifest-findings']);
    expect(document.manifests[0]?.notJudged).toMatchObject([{ id: `${small}.test_listed` }]);
    const text = await manifestCommand('check', '--series', '3.14');
    expect(text.stdout).toContain('not judged, no run of a cell for which its conditions hold');
    expect(text.stderr).toContain('The manifests and the runs do not agree: 4 findings');
  });

  it('tells classes that nothing needed from those of which no run could tell, and ends with 2 for the former', async () => {
    const { exitCode, document } = await check();
    const shared = document.manifests.find(({ file }) => file === 'recipes/manifests/environment.json');
    expect(exitCode).toBe(2);
    // Nothing enabled the resource, and no case of the one file that there is skipped for that.
    expect(shared?.findings).toContainEqual(expect.objectContaining({ kind: 'stale-class', id: 'resource-cpu' }));
    const why = new Map(shared?.notJudged.map((one) => [one.id, one.why]));
    expect(why.get('network-gone')).toBe('no run of all suites where its conditions hold');
    expect(why.get('locale-missing')).toBe('no run records which locales the machine has');
    expect(why.get('root')).toBe('no run of all of test_os and test_pathlib where its conditions hold');
    const { stdout, stderr } = await manifestCommand('check');
    expect(stdout).toContain('  not judged, no run records which locales the machine has: locale-missing\n');
    expect(stderr).toMatch(/\(resource-cpu\): explained no skip of any run/);
    expect(stderr).not.toMatch(/locale-missing|network-gone|\(root\)/);
  });

  it('reads records from elsewhere, and says what it cannot read', async () => {
    const runs = join(world.store, 'v1/runs');
    const elsewhere = ['check', '--series', '3.14', '--json', '--store', join(directory, 'none'), runs];
    const { stdout } = await runCli(['manifest', ...elsewhere], { bin: copy.bin });
    const records = (await readdir(runs)).filter((name) => name !== 'newest').length;
    expect(JSON.parse(stdout)).toMatchObject({ runs: records, manifests: [{ used: 2 }] });
    const nothing = await manifestCommand('check', '--json', join(directory, 'package'));
    expect([nothing.exitCode, failureCodes(nothing)]).toEqual([2, ['unknown-run']]);
    await copy.writeManifest(withEntry(1, { reason: '' }));
    const refused = await check();
    expect([refused.exitCode, refused.document.failures.map(({ code }) => code)]).toEqual([2, ['file-invalid']]);
  });
});
