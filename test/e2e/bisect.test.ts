import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  bisectDocumentSchema,
  bisectStateSchema,
  type BisectDocument,
  type BisectState,
} from '../../src/model/bisect.ts';
import { parseJson } from '../../src/model/json.ts';
import { runRecordSchema } from '../../src/model/record.ts';
import {
  makeBisectWorld,
  versionOf,
  withoutHmacSha3,
  withoutHostflags,
  type Mark,
  type Release,
} from '../rig/bisect.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { describeCall, type World } from '../rig/pipeline.ts';

let world: World;
afterEach(() => world.remove());

const open = async (...marks: readonly (Mark | Release)[]): Promise<void> => {
  world = await makeBisectWorld(marks.map((mark) => (typeof mark === 'string' ? { mark } : mark)));
};
const range = (count: number): readonly string[] => ['--awslc', `${versionOf(0)}..${versionOf(count - 1)}`];
const other = ['--case', 'test.test_small.SmallTests.test_other'];

const documentOf = ({ stdout }: CliResult): BisectDocument => {
  const parsed = parseJson(bisectDocumentSchema, stdout);
  if (!parsed.ok) throw new Error(`${stdout}\n${JSON.stringify(parsed.error)}`);
  return parsed.value;
};
const standings = ({ probes }: BisectDocument): readonly string[] =>
  probes.map(({ candidate, standing }) => `${candidate} ${standing}`);
const stateFile = async (): Promise<string> => {
  const directory = join(world.store, 'v1/bisects');
  const [name = ''] = await readdir(directory);
  return join(directory, name);
};
const readState = async (): Promise<BisectState> => {
  const parsed = parseJson(bisectStateSchema, await readFile(await stateFile(), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};
/** What was called since a number of calls, described. */
const callsSince = async (before: number): Promise<readonly string[]> =>
  (await world.work()).slice(before).map(describeCall);
const callCount = async (): Promise<number> => (await world.work()).length;

describe('bisect --case', () => {
  it(
    'names the first version whose verdict is another, with both records, and builds one core',
    { timeout: 180_000 },
    async () => {
      await open('old', 'old', 'old', 'old', 'old', 'old', 'old', 'bad', 'new', 'new');
      const result = await world.run(['bisect', '--json', ...range(10), ...other]);
      expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('10 versions of main')]);
      const document = documentOf(result);
      expect(document).toMatchObject({
        question: { ask: 'case', patterns: [other[1]] },
        python: '3.14.90',
        range: { of: 'catalogue', first: versionOf(0), last: versionOf(9), candidates: 10, lines: ['main'] },
        outcome: 'found',
        last: versionOf(6),
        first: versionOf(7),
        failures: [],
      });
      // Two ends, and 3 of the 8 between them.
      expect(document.probes.length).toBeLessThanOrEqual(2 + 4);
      const before = document.probes.find(({ candidate }) => candidate === document.last);
      const after = document.probes.find(({ candidate }) => candidate === document.first);
      expect([before?.answer, after?.answer]).toMatchObject([
        { cases: [{ id: other[1], verdict: 'PASS', outcome: 'passed' }] },
        { cases: [{ id: other[1], verdict: 'FAIL', outcome: 'failed' }] },
      ]);
      for (const [probe, version] of [
        [before, versionOf(6)],
        [after, versionOf(7)],
      ] as const) {
        const run = parseJson(runRecordSchema, await readFile(probe?.run?.file ?? '', 'utf8'));
        expect(run).toMatchObject({
          ok: true,
          value: {
            id: probe?.run?.id,
            command: 'bisect',
            plan: { cells: [{ cell: { awslc: { version } } }], test: { files: ['test_small'], match: [other[1]] } },
          },
        });
      }
      const calls = await callsSince(0);
      expect(calls.filter((call) => call.startsWith('fake-configure'))).toHaveLength(1);
      expect(calls).not.toContain('python prove.py');
      expect(result.stderr).toMatch(/asking 5\.14\.0: 8 candidates in question, about 4 steps left/);
      expect(await world.leftovers()).toEqual([]);

      const shown = await world.run(['bisect', ...range(10), ...other]);
      expect([shown.exitCode, await callsSince(calls.length)]).toEqual([0, []]);
      const failed = "FAIL, failed: AssertionError: 'bad' unexpectedly found in 'ssl\\nbad\\n'; the twin passed it";
      expect(shown.stdout.split('\n')).toEqual([
        'AWS-LC 5.17.0 is the first that answers otherwise',
        '  asked for case test.test_small.SmallTests.test_other, of CPython 3.14.90',
        `  5.10.0 to 5.19.0: 10 versions of main in the catalogue; ${document.probes.length} asked, 0 of them skipped`,
        '  5.16.0',
        '    PASS, passed',
        `    run ${before?.run?.id ?? ''} (of before): ${before?.run?.file ?? ''}`,
        '  5.17.0',
        `    ${failed}`,
        `    run ${after?.run?.id ?? ''} (of before): ${after?.run?.file ?? ''}`,
        'The catalogue has no version between them: the change came after 5.16.0, and is in 5.17.0.',
        'The last end answers in other words:',
        '  5.19.0',
        '    NEWSKIP, skipped: it is new',
        expect.stringMatching(/^ {4}run .* \(of before\): /),
        '',
      ]);
    },
  );

  it('skips what does not build, says so, and names the right one all the same', async () => {
    await open('old', 'broken', 'old', 'new');
    const result = await world.run(['bisect', '--json', ...range(4), ...other]);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect([document.outcome, document.last, document.first]).toEqual(['found', versionOf(2), versionOf(3)]);
    const skipped = document.probes.find(({ standing }) => standing === 'skipped');
    expect(skipped).toMatchObject({ candidate: versionOf(1), skipped: expect.stringContaining('failed') as string });
    expect(result.stderr).toMatch(
      /bisect: 5\.11\.0: skipped: compile AWS-LC 5\.11\.0 failed \(.*\): error: it is broken/,
    );
    const shown = await world.run(['bisect', ...range(4), ...other]);
    expect(shown.stdout).toMatch(/, 1 of them skipped\n[^]*\nSkipped:\n {2}5\.11\.0\n {4}compile AWS-LC/);
  });

  it('names all that may be the first when it lies among what does not build: exit 1', async () => {
    await open('old', 'broken', 'broken', 'new');
    const result = await world.run(['bisect', '--json', ...range(4), ...other]);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['bisect-ambiguous']]);
    expect(documentOf(result)).toMatchObject({
      outcome: 'ambiguous',
      last: versionOf(0),
      first: versionOf(3),
      suspects: [versionOf(1), versionOf(2), versionOf(3)],
    });
    expect(result.stderr).toMatch(
      /one of these is the first that answers otherwise\.\n {4}5\.11\.0\n {4}5\.12\.0\n {4}5\.13\.0\n/,
    );
    const shown = await world.run(['bisect', ...range(4), ...other]);
    expect(shown.stdout).toMatch(/^The answer changes among 3 candidates that could not all be asked\n/);
  });

  it('says both answers when the ends agree, also when there is no such case: exit 2', async () => {
    await open('old', 'new', 'old');
    const agree = await world.run(['bisect', '--json', ...range(3), ...other]);
    expect([agree.exitCode, failureCodes(agree)]).toEqual([2, ['bisect-ends-agree']]);
    expect(agree.stderr).toMatch(/\n {4}5\.10\.0: PASS, passed \(run \S+\)\n {4}5\.12\.0: PASS, passed \(run \S+\)\n/);
    expect(documentOf(agree).outcome).toBe('unfinished');
    const none = await world.run([
      'bisect',
      '--json',
      ...range(3),
      '--case',
      'test.test_small.SmallTests.test_nothing',
    ]);
    expect([none.exitCode, failureCodes(none)]).toEqual([2, ['bisect-ends-agree']]);
    expect(none.stderr).toContain('5.10.0: there is no such case');
  });

  it('refuses a case that the roster does not have, before anything is fetched', async () => {
    await open('old', 'new');
    const asked = ['--python', '3.14.6', '--case', 'test.test_ssl.ContextTests.test_cipherz'];
    const result = await world.run(['bisect', '--json', ...range(2), ...asked]);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stderr).toMatch(
      /CPython 3\.14\.6 has no case test\.test_ssl\.ContextTests\.test_cipherz in test_ssl\.\n {2}Did you mean test\.test_ssl\.ContextTests\.test_ciphers\?/,
    );
    expect(await callCount()).toBe(0);
  });

  it('ends when an end cannot be built: exit 1', async () => {
    await open('broken', 'old', 'new');
    const result = await world.run(['bisect', '--json', ...range(3), ...other]);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['bisect-end-skipped']]);
    expect(result.stderr).toMatch(/The end 5\.10\.0 cannot be asked[^]*compile AWS-LC 5\.10\.0 failed/);
  });

  it('ends with the failure of what is no version’s doing, and goes on when it is mended', async () => {
    await open('old', 'gone', 'new');
    const result = await world.run(['bisect', '--json', ...range(3), ...other]);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['origins-exhausted']]);
    expect(standings(documentOf(result))).toEqual(['5.10.0 same', '5.12.0 changed']);
    expect((await readState()).asked.map(({ candidate }) => candidate)).toEqual(['5.10.0', '5.12.0']);
  });
});

describe('bisect --claim', () => {
  it('looks at what a claim found, and runs no suites', async () => {
    const old: Release = { mark: 'old', has: withoutHmacSha3 };
    await open(old, old, old, 'old', 'old');
    const result = await world.run(['bisect', '--json', ...range(5), '--claim', 'hmac-capability']);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect([document.last, document.first]).toEqual([versionOf(2), versionOf(3)]);
    expect(await callsSince(0)).not.toContain('python driver.py');
    const shown = await world.run(['bisect', ...range(5), '--claim', 'hmac-capability']);
    expect(shown.stdout).toMatch(
      / {2}5\.12\.0\n {4}holds, found sha3_224: refused, .*\n[^]* {2}5\.13\.0\n {4}holds, found sha3_224: served, /,
    );
  });

  it('takes a claim that fails for an answer, from the proof that was kept', async () => {
    await open('old', 'old', 'lies', 'lies');
    const asked = ['bisect', '--json', ...range(4), '--claim', 'tls-versions'];
    const result = await world.run(asked);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect([document.last, document.first]).toEqual([versionOf(1), versionOf(2)]);
    expect(document.probes.at(-1)?.answer).toEqual({ to: 'claim', claim: { holds: false, found: 'something else' } });
    const before = await callCount();
    expect(standings(documentOf(await world.run(asked)))).toEqual(standings(document));
    // A proof that failed is in no store; the run that made it is.
    expect(await callsSince(before)).toEqual([]);
  });

  it('refuses a claim that no end makes, with what was meant', async () => {
    await open('old', 'new');
    const result = await world.run(['bisect', '--json', ...range(2), '--claim', 'hmac-capabilty']);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stderr).toContain('knows a claim hmac-capabilty.\n  Did you mean hmac-capability?');
  });
});

describe('bisect --capability', () => {
  it('reads headers, and builds nothing', async () => {
    const old: Release = { mark: 'broken', has: withoutHostflags };
    await open(old, old, 'broken', 'broken');
    const result = await world.run([
      'bisect',
      '--json',
      ...range(4),
      '--capability',
      'X509_VERIFY_PARAM_get_hostflags',
    ]);
    expect(result.exitCode).toBe(0);
    expect(documentOf(result)).toMatchObject({
      question: { ask: 'capability', name: 'function:X509_VERIFY_PARAM_get_hostflags' },
      last: versionOf(1),
      first: versionOf(2),
    });
    expect(new Set(await callsSince(0))).toEqual(new Set(['gcc -E']));
  });

  it('refuses one that no end knows', async () => {
    await open('old', 'new');
    const result = await world.run(['bisect', '--json', ...range(2), '--capability', 'X25591']);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stderr).toContain('knows a capability X25591.\n  Did you mean X25519?');
  });
});

describe('bisect for whether all is as expected', () => {
  it('names the first that is not, by its exit code', async () => {
    await open('old', 'old', 'old', 'lies', 'new');
    const result = await world.run(['bisect', '--json', ...range(5), '--tests', 'test_small']);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect([document.last, document.first]).toEqual([versionOf(2), versionOf(3)]);
    expect(document.probes.slice(-2).map(({ answer }) => answer)).toMatchObject([
      { asExpected: false, exitCode: 5, unexpected: ['claim tls-versions'] },
      { asExpected: false, exitCode: 3, unexpected: ['NEWSKIP test.test_small.SmallTests.test_other'] },
    ]);
    const shown = await world.run(['bisect', ...range(5), '--tests', 'test_small']);
    expect(shown.stdout).toContain('not as expected (exit 5): claim tls-versions');
    expect(shown.stdout).toMatch(
      /The last end answers in other words:\n {2}5\.14\.0\n {4}not as expected \(exit 3\): NEWSKIP test/,
    );
  });
});

describe('an interrupted bisect', () => {
  const marks: readonly Mark[] = ['old', 'old', 'broken', 'old', 'new'];

  it('ends with 130, and the same command goes on where it was', { timeout: 180_000 }, async () => {
    await open(...marks);
    const asked = ['bisect', '--json', ...range(5), ...other];
    const cli = world.start(asked);
    // One in the middle does not build, and the next is being built.
    while (!/asking 5\.11\.0: 2 candidates[^]*start {2}compile/.test(cli.stderr())) await sleep(5);
    cli.child.kill('SIGINT');
    const stopped = await cli.ended;
    expect([stopped.exitCode, failureCodes(stopped)]).toEqual([130, ['interrupted']]);
    expect(documentOf(stopped).outcome).toBe('unfinished');
    const done = (await readState()).asked.map(({ candidate }) => candidate);
    expect(done.slice(0, 2)).toEqual([versionOf(0), versionOf(4)]);
    expect(done.length).toBeGreaterThan(2);

    const before = await callCount();
    const result = await world.run(asked);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect([document.last, document.first]).toEqual([versionOf(3), versionOf(4)]);
    expect(document.probes.filter(({ recorded }) => recorded).map(({ candidate }) => candidate)).toEqual(
      expect.arrayContaining(done),
    );
    // Nothing that was asked is built again, not even what does not build.
    const built = (await world.work()).slice(before).filter(({ args }) => args[0] === '--build').length;
    expect(built).toBe(document.probes.length - done.length);
    expect(await world.leftovers()).toEqual([]);
  });

  it(
    '--restart asks again what did not build; what was built is taken from the store',
    { timeout: 180_000 },
    async () => {
      await open(...marks);
      const asked = ['bisect', '--json', ...range(5), ...other];
      const first = documentOf(await world.run(asked));
      const before = await callCount();
      const again = documentOf(await world.run([...asked, '--restart']));
      expect(standings(again)).toEqual(standings(first));
      const skipped = first.probes.filter(({ standing }) => standing === 'skipped').length;
      expect((await callsSince(before)).filter((call) => call === 'cmake --build')).toHaveLength(skipped);
    },
  );

  it('asks again what another plan had answered, and what has no record any more', { timeout: 180_000 }, async () => {
    await open('old', 'broken', 'new');
    const asked = ['bisect', '--json', ...range(3), ...other];
    expect((await world.run(asked)).exitCode).toBe(1);
    // It is mended: another compiler gives another plan.
    await world.fakes.add({
      'c++': { stdout: 'c++ (Debian 13.2.0-1) 13.2.0\n' },
      'g++': { stdout: 'g++ (Debian 13.2.0-1) 13.2.0\n' },
    });
    const before = await callCount();
    const again = await world.run(asked);
    expect([again.exitCode, (await callsSince(before)).filter((call) => call === 'cmake --build').length]).toEqual([
      1, 3,
    ]);
    const { asked: known } = await readState();
    const broken = known.find(({ skipped }) => skipped !== undefined);
    await rm(join(world.store, 'v1/runs', broken?.run ?? 'none'), { recursive: true });
    const between = await callCount();
    expect((await world.run(asked)).exitCode).toBe(1);
    expect((await callsSince(between)).filter((call) => call === 'cmake --build')).toHaveLength(1);
  });

  it('begins anew when what it asked before cannot be read, and says so', async () => {
    await open('old', 'old', 'new');
    const asked = ['bisect', '--json', ...range(3), ...other];
    expect((await world.run(asked)).exitCode).toBe(0);
    await writeFile(await stateFile(), '{"version": 1, "kind": "bisect-st');
    const again = await world.run(asked);
    expect([again.exitCode, documentOf(again).first]).toEqual([0, versionOf(2)]);
    expect(again.stderr).toMatch(/what this bisect asked before cannot be read \(.*bisects.*\): it begins anew/);
    expect((await readState()).asked).toHaveLength(3);
  });
});

describe('the command line of bisect', () => {
  it.each([
    [['--awslc', '5.10.0'], 'must be GOOD..BAD, two ends.'],
    [['--awslc', '5.11.0..5.10.0'], 'AWS-LC 5.11.0 is newer than 5.10.0'],
    [['--awslc', '5.10.0..9.9'], 'AWS-LC 9.9 is not in the catalogue.'],
    [
      ['--awslc', '5.10.0..5.11.0', '--claim', 'x', '--capability', 'y'],
      '--claim and --capability: bisect asks one question.',
    ],
    [
      ['--awslc', '5.10.0..5.11.0', '--claim', 'x', '--tests', 'test_ssl'],
      '--claim with --tests: no suites are run for it.',
    ],
    [['--awslc', '5.10.0..5.11.0', '--case', 'x', '--match', 'y'], '--case with --match: it says which cases are run.'],
    [
      ['--awslc', '5.10.0..5.11.0', '--python', '3.14.6', '--python', '3.14.90'],
      'bisect asks one cell of each version',
    ],
    [['--awslc', '5.10.0..5.11.0', '--fips', '2024'], '--fips with --awslc 5.10.0'],
    [['--awslc', '5.10.0..5.11.0', '--fips', '1999'], '--fips 1999: not one of'],
  ])('%j is refused', async (args, said) => {
    await open('old', 'new');
    const result = await world.run(['bisect', '--json', ...args]);
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(await callCount()).toBe(0);
  });

  it('wants a range', async () => {
    await open('old', 'new');
    const result = await world.run(['bisect', '--json']);
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('--awslc 5: must be GOOD..BAD')]);
  });

  it('wants the case’s file where a pattern leaves it open, or takes the files that are named', async () => {
    await open('old', 'new');
    const result = await world.run([
      'bisect',
      '--json',
      ...range(2),
      '--case',
      '*.test_other',
      '--tests',
      'test_small',
    ]);
    expect([result.exitCode, documentOf(result).first]).toEqual([0, versionOf(1)]);
  });
});
