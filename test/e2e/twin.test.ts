import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiffDocument } from '../../src/model/diff.ts';
import type { VerdictReport } from '../../src/model/verdict.ts';
import { checkSchema } from '../../src/model/json.ts';
import { diffDocumentSchema } from '../../src/model/diff.ts';
import { readToolchainKnowledge } from '../../src/io/host-knowledge.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { describeCall, makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
afterEach(() => world.remove());

/** A test file that can tell which Python it runs in: the twin's module has another content. */
const suite = (body: string): string => `import os, unittest

with open(os.path.join(os.environ['PREFIX'], 'lib/python3.14/lib-dynload/_ssl.small.so')) as file:
    ON_OPENSSL = file.read() == 'openssl\\n'

class SmallTests(unittest.TestCase):
    def test_one(self):
        pass
${body}`;

const failsOnBoth = `
    def test_both(self):
        raise OSError('no such thing on this machine')
`;
const failsOnAwslc = `
    def test_awslc(self):
        self.assertTrue(ON_OPENSSL)
`;

const open = async (body: string): Promise<void> => {
  world = await makeWorld({ suites: { 'test_small.py': suite(body) } });
};

/** The compiler finds the headers of everything but OpenSSL. */
const hideOpenssl = async (): Promise<void> => {
  const knowledge = await readToolchainKnowledge();
  if (!knowledge.ok) throw new Error(JSON.stringify(knowledge.error));
  const found = knowledge.value.libraries
    .filter(({ name }) => name !== 'openssl')
    .map(({ name }) => `found:${name}:\n`);
  await world.fakes.add({
    cc: [
      { args: '--version', stdout: 'cc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
      { args: '-E *', script: `cat >/dev/null; printf %s '${found.join('')}'` },
    ],
  });
};

const twinWork = async (): Promise<readonly string[]> =>
  (await world.work()).filter(({ args }) => /twin\.mk|OPENSSL_VERSION/.test(args.join(' '))).map(describeCall);

const verdictsOf = (result: CliResult): VerdictReport =>
  // The document's schema holds for it: test/e2e/schema.test.ts.
  (JSON.parse(result.stdout) as { cells: readonly [{ verdicts: VerdictReport }] }).cells[0].verdicts;

const diffOf = (result: CliResult): DiffDocument => {
  const checked = checkSchema(diffDocumentSchema, JSON.parse(result.stdout));
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
};

describe('test, with failures that nothing explains', () => {
  it('asks the twin: COMMON what is the same there, FAIL what is not; and keeps the answer', async () => {
    await open(failsOnBoth + failsOnAwslc);
    const first = await world.run(['test', '--json']);
    expect(first.exitCode).toBe(3);
    const report = verdictsOf(first);
    expect(report.counts).toMatchObject({ COMMON: 1, FAIL: 1, PASS: 1 });
    expect(report.verdicts).toContainEqual(
      expect.objectContaining({ id: 'test.test_small.SmallTests.test_both', verdict: 'COMMON' }),
    );
    expect(report.verdicts.find(({ verdict }) => verdict === 'FAIL')?.reason).toContain('the twin passed it');
    expect(report.notes).toContainEqual(
      'The twin (the same core on OpenSSL 3.0.90 1 Jan 2026) was asked about 2 cases that failed.',
    );
    expect(await twinWork()).toEqual(['make -f', 'python OPENSSL_VERSION']);
    expect(await world.leftovers()).toEqual([]);

    const before = (await world.work()).length;
    const again = await world.run(['test', '--json']);
    expect([again.exitCode, verdictsOf(again).counts]).toEqual([3, report.counts]);
    expect(JSON.parse(again.stdout)).toMatchObject({ recorded: true });
    expect((await world.work()).length).toBe(before);

    const shown = await world.run(['test']);
    expect(shown.stdout).toMatch(/COMMON +test\.test_small\.SmallTests\.test_both\n.*the same on the twin/);
  });

  it('says so when OpenSSL’s headers are missing, and builds no twin', async () => {
    await open(failsOnBoth);
    await hideOpenssl();
    const result = await world.run(['test', '--json']);
    expect([result.exitCode, verdictsOf(result).counts]).toMatchObject([3, { COMMON: 0, FAIL: 1 }]);
    expect(verdictsOf(result).notes.join()).toMatch(
      /twin was not asked about 1 case .*headers of OpenSSL are missing.*doctor --fix/,
    );
    expect(await twinWork()).toEqual([]);
  });

  it('says so when the twin cannot be built: the verdict stays FAIL, the exit code 3', async () => {
    await open(failsOnBoth);
    await prepend(world, 'make', { args: '-f twin.mk *', stderr: 'ssl.h: the wrong one\n', exitCode: 2 });
    const result = await world.run(['test', '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([3, ['verdicts-unexpected']]);
    expect(verdictsOf(result).counts).toMatchObject({ COMMON: 0, FAIL: 1 });
    expect(verdictsOf(result).notes.join()).toMatch(/could not be built or run .*ssl\.h: the wrong one/);
    expect(await world.leftovers()).toEqual([]);
  });
});

describe('diff', () => {
  it('names what differs, ends 0, and takes everything from the store the second time', async () => {
    await open(`${failsOnBoth}${failsOnAwslc}
    @unittest.skipUnless(ON_OPENSSL, 'needs OpenSSL')
    def test_skip(self):
        pass

    @unittest.skip('needs network')
    def test_environment(self):
        pass
`);
    const markdown = join(world.directory, 'diff.md');
    const result = await world.run(['diff', '--json', '--markdown', markdown]);
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('on the twin')]);
    const [cell] = diffOf(result).cells;
    expect(cell).toMatchObject({
      openssl: 'OpenSSL 3.0.90 1 Jan 2026',
      cases: 5,
      same: { cases: 3, failed: 1, skipped: 1 },
      unsteady: [],
    });
    expect(cell?.differences.map(({ id, kind }) => [id.split('.').at(-1), kind])).toEqual([
      ['test_awslc', 'fails-on-awslc'],
      ['test_skip', 'skipped-on-awslc'],
    ]);
    expect(await readFile(markdown, 'utf8')).toMatch(/## 2 differences in 1 file\n[^]*test\\_awslc/);

    const before = (await world.work()).length;
    const shown = await world.run(['diff']);
    expect([shown.exitCode, (await world.work()).length]).toEqual([0, before]);
    expect(shown.stdout).toMatch(/2 differences in 1 file; 3 cases are the same on both \(1 skipped, 1 failed\)/);
    expect(shown.stdout).toMatch(/fails on AWS-LC only \(1\)\n.*test_awslc\n.*failed: .*\n.*OpenSSL +passed/);
    await world.run(['diff', '--rerun']);
    const drivers = (await world.work()).slice(before).map(describeCall);
    expect(new Set(drivers)).toEqual(new Set(['python prove.py', 'python driver.py']));
  });

  it('lists as unsteady what passes when it is run again alone', async () => {
    await open(`
    def test_wavers(self):
        mark = os.path.join(os.environ['PREFIX'].split('/store/')[0], 'mark')
        if ON_OPENSSL and not os.path.exists(mark):
            open(mark, 'w').close()
            self.fail('the first time')
`);
    const result = await world.run(['diff', '--json']);
    expect(result.exitCode).toBe(0);
    expect(diffOf(result).cells[0]).toMatchObject({
      differences: [],
      unsteady: [{ id: 'test.test_small.SmallTests.test_wavers', kind: 'fails-on-openssl' }],
    });
    expect((await world.run(['diff'])).stdout).toMatch(/No difference in 2 cases[^]*Unsteady/);
  });

  it('ends 1 when there is no OpenSSL, or when the twin cannot be built', async () => {
    await open('');
    await prepend(world, 'make', { args: '-f twin.mk *', stderr: 'no\n', exitCode: 2 });
    const broken = await world.run(['diff', '--json']);
    expect([broken.exitCode, failureCodes(broken)]).toEqual([1, ['command-failed']]);
    await hideOpenssl();
    const missing = await world.run(['diff', '--json']);
    expect([missing.exitCode, failureCodes(missing)]).toEqual([1, ['package-missing']]);
    expect(missing.stderr).toContain('--openssl path:DIR');
  });

  it('ends 1 when what was to be a twin runs on AWS-LC', async () => {
    await open('');
    await prepend(world, 'python', {
      args: '*OPENSSL_VERSION*',
      stderr: 'the twin must run on OpenSSL, but runs on AWS-LC 5.90.0\n',
      exitCode: 1,
    });
    const result = await world.run(['diff', '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['command-failed']]);
    expect(result.stderr).toContain('runs on AWS-LC');
  });
});

describe('diff --openssl', () => {
  const install = async (header: string): Promise<string> => {
    const prefix = join(world.directory, 'openssl');
    await mkdir(join(prefix, 'include/openssl'), { recursive: true });
    await mkdir(join(prefix, 'lib64'), { recursive: true });
    await writeFile(join(prefix, 'include/openssl/opensslv.h'), header);
    for (const name of ['libssl.so.3', 'libcrypto.so.3', 'libother.so'])
      await writeFile(join(prefix, 'lib64', name), name);
    return prefix;
  };

  it('compiles against what lies there, by its content and without its path', async () => {
    await open(failsOnAwslc);
    const prefix = await install('# define OPENSSL_VERSION_TEXT "OpenSSL 3.5.4 30 Sep 2025"\n');
    await hideOpenssl();
    const result = await world.run(['diff', '--json', '--openssl', `path:${prefix}`]);
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('is OpenSSL 3.5.4, content ')]);
    const make = (await world.work()).find(({ args }) => args.includes('twin.mk'));
    expect(make?.args.join(' ')).toMatch(/OPENSSL_CFLAGS=-I\S+\/tree\/include OPENSSL_LDFLAGS=-L\S+\/tree\/lib /);
    expect(make?.args.join(' ')).not.toContain(prefix);
    const { run } = diffOf(result);
    const record = await readFile(join(world.store, 'v1/runs', run ?? '', 'run.json'), 'utf8');
    expect(record).not.toContain(prefix);
    await writeFile(join(prefix, 'lib64/libssl.so.3'), 'another');
    const before = (await world.work()).length;
    await world.run(['diff', '--openssl', `path:${prefix}`]);
    expect((await world.work()).slice(before).map(describeCall)).toContain('make -f');
  });

  it.each([
    ['path:nowhere', /no such directory/],
    ['3.5', /names no directory/],
    ['path:openssl', /no include\/openssl\/opensslv\.h of an OpenSSL/],
  ])('%s is refused', async (asked, said) => {
    await open('');
    await install('# define OPENSSL_VERSION_TEXT "LibreSSL 4.0.0"\n');
    const result = await world.run(['diff', '--json', '--openssl', asked], { cwd: world.directory });
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stderr).toMatch(said);
  });
});
