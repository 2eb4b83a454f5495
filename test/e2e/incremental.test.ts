import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepRecord } from '../../src/model/record.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import type { FakeAnswer } from '../rig/fake-programs.ts';
import { makeNinjaDeps } from '../rig/ninja-deps.ts';
import { cmakeCache, findStored, flipByte, makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
let checkout: string;

/** A ninja of shell: compiles (copies) what is newer than its object, counts what it compiled, and links all. */
const build: FakeAnswer = {
  args: '--build *',
  script: `set -e
SRC=$(cat build/source)
mkdir -p build/objects build/crypto build/ssl
for FILE in "$SRC"/crypto/*.c; do
  OBJECT=build/objects/$(basename "$FILE").o
  if [ ! -e "$OBJECT" ] || [ "$FILE" -nt "$OBJECT" ]; then
    if grep -q error "$FILE"; then echo "$FILE: error"; exit 1; fi
    echo "compiled $(basename "$FILE")" >>"$LOG"
    cp "$FILE" "$OBJECT"
  fi
done
: >build/crypto/libcrypto.a
for FILE in "$SRC"/crypto/*.c; do cat "build/objects/$(basename "$FILE").o" >>build/crypto/libcrypto.a; done
echo ssl >build/ssl/libssl.a`,
};

/** The answers of the small cmake; what it compiled goes into a log. */
const cmake = (log: string, ...before: readonly FakeAnswer[]): readonly FakeAnswer[] => [
  ...before,
  { ...build, script: `LOG='${log}'\n${build.script ?? ''}` },
  { args: '-E rm *', exec: '/bin/true' },
  {
    args: '-G Ninja *',
    script:
      'for WORD; do case $LAST in -S) SRC=$WORD;; esac; LAST=$WORD; done; mkdir -p build; echo "$SRC" >build/source; ' +
      cmakeCache(),
  },
];

const logFile = (): string => join(world.directory, 'compiled');
const source = (name: string): string => join(checkout, 'crypto', name);

beforeEach(async () => {
  world = await makeWorld();
  await world.run(['fetch']);
  checkout = join(world.directory, 'checkout');
  await cp(join(await findStored(world, 'unpack-awslc'), 'tree'), checkout, { recursive: true });
  for (const name of ['a.c', 'b.c']) await writeFile(source(name), `${name} one\n`);
  await prepend(world, 'cmake', ...cmake(logFile()));
});
afterEach(() => world.remove());

const start = ['build', '--json'];
const buildIt = (...more: readonly string[]): Promise<CliResult> =>
  world.run([...start, '--awslc', `path:${checkout}`, ...more]);

/** What was compiled since the last question. */
const compiled = async (): Promise<string[]> => {
  const text = await readFile(logFile(), 'utf8').catch(() => '');
  await rm(logFile(), { force: true });
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.replace('compiled ', '')]));
};

/** The newest finished step that compiled AWS-LC, and the library that it made. */
const library = async (): Promise<{ record: StepRecord; text: string }> => {
  const steps = join(world.store, 'v1/steps');
  const found: { record: StepRecord; text: string }[] = [];
  for (const key of await readdir(steps)) {
    const record = JSON.parse(await readFile(join(steps, key, 'record.json'), 'utf8')) as StepRecord; // Written by us.
    if (!record.id.startsWith('compile-awslc-')) continue;
    found.push({ record, text: await readFile(join(steps, key, 'tree/libcrypto.a'), 'utf8') });
  }
  const [newest] = found.sort((a, b) => (a.record.startedAt < b.record.startedAt ? 1 : -1));
  if (newest === undefined) throw new Error('AWS-LC was never compiled');
  return newest;
};

/** Zombies are dead: a container whose first process reaps nobody keeps them. */
const isAlive = (pid: string): boolean => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const kept = (): Promise<readonly string[]> => readdir(join(world.store, 'v1/kept'));

describe('AWS-LC of a checkout', () => {
  it('one changed file costs that file, the result is that of a clean build, and records say which it was', async () => {
    expect((await buildIt()).exitCode).toBe(0);
    expect(await compiled()).toEqual(['a.c', 'b.c']);
    const first = await library();
    expect(first.record.kept).toMatchObject({ incremental: false });
    await writeFile(source('b.c'), 'b.c two\n');
    const second = await buildIt();
    expect([second.exitCode, await compiled()]).toEqual([0, ['b.c']]);
    const changed = await library();
    expect(changed.text).toBe('a.c one\nb.c two\n');
    expect(changed.record.kept).toEqual({ incremental: true, since: first.record.kept?.since, changedFiles: 1 });
    expect(second.stderr).toMatch(/done {3}compile AWS-LC .*incremental since .*, changed files: 1/);
    expect(JSON.stringify(changed.record)).not.toContain(checkout);
    const clean = await buildIt('--clean');
    expect([clean.exitCode, (await compiled()).sort()]).toEqual([0, ['a.c', 'b.c']]);
    const anew = await library();
    expect(anew.record.kept).toBeUndefined();
    expect(anew.record.fingerprint).not.toBe(changed.record.fingerprint);
    expect(anew.record.treeDigest).toBe(changed.record.treeDigest);
    // Back to what was: nothing is compiled, the finished step is there.
    await writeFile(source('b.c'), 'b.c one\n');
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, []]);
  }, 180_000);

  it('a file that came or went, and other flags, are compiled clean; notes beside the sources are not', async () => {
    await buildIt();
    await compiled();
    await writeFile(source('README.md'), 'a note\n');
    await writeFile(source('.a.c.swp'), 'of an editor\n');
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, []]);
    expect((await library()).record.kept).toMatchObject({ incremental: true, changedFiles: 2 });
    await writeFile(source('a.h'), 'a header\n');
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, ['a.c', 'b.c']]);
    await rm(source('b.c'));
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, ['a.c']]);
    const { text, record } = await library();
    expect([text, record.kept?.incremental]).toEqual(['a.c one\n', false]);
    expect(await kept()).toHaveLength(1);
    expect((await buildIt('--optimization', 'debug')).exitCode).toBe(0);
    expect([await compiled(), (await kept()).length]).toEqual([['a.c'], 2]);
  }, 180_000);

  it('a source that does not compile costs no more than itself', async () => {
    await buildIt();
    await compiled();
    await writeFile(source('b.c'), 'error\n');
    const failed = await buildIt();
    expect([failed.exitCode, failureCodes(failed)]).toEqual([1, ['command-failed']]);
    await writeFile(source('b.c'), 'b.c three\n');
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, ['b.c']]);
    const { text, record } = await library();
    expect([text, record.kept?.incremental]).toEqual(['a.c one\nb.c three\n', true]);
  }, 180_000);

  it('after a kill, a changed byte or a changed time of the build tree all is compiled anew', async () => {
    await buildIt();
    await compiled();
    const pid = join(world.directory, 'pid');
    await prepend(
      world,
      'cmake',
      ...cmake(logFile(), { args: '--build *', script: `echo half >build/objects/a.c.o; echo $$ >'${pid}'; sleep 60` }),
    );
    await writeFile(source('b.c'), 'b.c two\n');
    const cli = world.start([...start, '--awslc', `path:${checkout}`]);
    while (!existsSync(pid)) await sleep(20);
    cli.child.kill('SIGKILL');
    await cli.ended;
    await prepend(world, 'cmake', ...cmake(logFile()));
    const next = await buildIt();
    expect([next.exitCode, await compiled()]).toEqual([0, ['a.c', 'b.c']]);
    expect(next.stderr).toContain('the last build was ended');
    expect((await library()).text).toBe('a.c one\nb.c two\n');
    expect(isAlive((await readFile(pid, 'utf8')).trim())).toBe(false);

    const [name = ''] = await kept();
    const tree = join(world.store, 'v1/kept', name);
    await flipByte(join(tree, 'build/objects/a.c.o'));
    await writeFile(source('b.c'), 'b.c four\n');
    const flipped = await buildIt();
    expect([flipped.exitCode, await compiled()]).toEqual([0, ['a.c', 'b.c']]);
    expect(flipped.stderr).toContain('something is not as its last build left it');

    const state = join(tree, 'kept.json');
    const ahead = (await readFile(state, 'utf8')).replace(/"usedAt": "\d{4}/, '"usedAt": "9999');
    await writeFile(state, ahead);
    await writeFile(source('b.c'), 'b.c five\n');
    const later = await buildIt();
    expect([later.exitCode, await compiled()]).toEqual([0, ['a.c', 'b.c']]);
    expect(later.stderr).toContain('the times lie ahead of the clock');
    expect((await library()).text).toBe('a.c one\nb.c five\n');
  }, 180_000);

  it('when a header of the system changed all is compiled anew, though nothing else tells', async () => {
    const header = join(world.directory, 'stdio.h');
    await writeFile(header, 'one\n');
    const log = join(world.directory, 'ninja_deps');
    await writeFile(log, makeNinjaDeps(['a.c.o', header]));
    const script = `LOG='${logFile()}'\n${build.script ?? ''}\ncp '${log}' build/.ninja_deps`;
    await prepend(world, 'cmake', ...cmake(logFile(), { args: '--build *', script }));
    await buildIt();
    await writeFile(source('b.c'), 'b.c two\n');
    await compiled();
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, ['b.c']]);
    await writeFile(header, 'two\n');
    await writeFile(source('b.c'), 'b.c three\n');
    const next = await buildIt();
    expect([next.exitCode, await compiled()]).toEqual([0, ['a.c', 'b.c']]);
    expect(next.stderr).toContain('was compiled with other headers of the system');
    expect((await library()).record.kept?.incremental).toBe(false);
  }, 180_000);

  it('every report says that it was compiled incrementally, also of a result that was there already', async () => {
    const reports = ['result.xml', 'result.md'].map((name) => join(world.directory, name));
    const [junit = '', markdown = ''] = reports;
    const test = (...more: readonly string[]): Promise<CliResult> =>
      world.run(['test', '--awslc', `path:${checkout}`, '--junit', junit, '--markdown', markdown, ...more]);
    await test();
    await writeFile(source('b.c'), 'b.c two\n');
    const said =
      /AWS-LC compiled incrementally, on from a build of \S+ \(1 file differed\); --clean compiles all of it/;
    for (const expected of ['steps done', 'recorded']) {
      const { exitCode, stdout } = await test();
      expect([exitCode, stdout]).toEqual([0, expect.stringMatching(said)]);
      expect(stdout).toContain(expected);
      expect(await readFile(junit, 'utf8')).toMatch(said);
      expect((await readFile(markdown, 'utf8')).replaceAll('\\', '')).toMatch(said);
      const { cells, run } = JSON.parse((await test('--json')).stdout) as {
        cells: { kept: unknown; verdicts: { kept: unknown } }[];
        run: string;
      };
      const kept = { incremental: true, changedFiles: 1 };
      expect(cells).toMatchObject([{ kept, verdicts: { kept } }]);
      const record = JSON.parse(await readFile(join(world.store, 'v1/runs', run, 'run.json'), 'utf8')) as {
        stepRecords: StepRecord[];
      };
      expect(record.stepRecords.filter((step) => step.kept?.incremental === true)).toHaveLength(1);
    }
    const clean = await test('--clean');
    expect(clean.stdout).not.toContain('incremental');
    for (const file of reports) expect(await readFile(file, 'utf8')).not.toContain('incremental');
  }, 180_000);

  it('in which the store lies is refused', async () => {
    const store = join(checkout, 'store');
    const result = await buildIt('--store', store);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stdout).toContain('would be taken for a part of the source');
  });

  it('two runs at once on two contents of one checkout: one after the other, both right', async () => {
    await buildIt();
    await compiled();
    const pid = join(world.directory, 'building');
    const gate = join(world.directory, 'gate');
    const held = `echo $$ >'${pid}'; while [ ! -e '${gate}' ]; do sleep 0.05; done`;
    const slow = (build.script ?? '').replace('set -e', `set -e\n${held}`);
    await prepend(world, 'cmake', ...cmake(logFile(), { args: '--build *', script: `LOG='${logFile()}'\n${slow}` }));
    await writeFile(source('b.c'), 'b.c two\n');
    const first = world.start([...start, '--awslc', `path:${checkout}`]);
    while (!existsSync(pid)) await sleep(20);
    await writeFile(source('b.c'), 'b.c three\n');
    const second = world.start([...start, '--awslc', `path:${checkout}`]);
    while (!second.stderr().includes('that compiles the same checkout')) await sleep(20);
    await writeFile(gate, '');
    expect([(await first.ended).exitCode, (await second.ended).exitCode]).toEqual([0, 0]);
    expect(await compiled()).toEqual(['b.c', 'b.c']);
    expect((await library()).text).toBe('a.c one\nb.c three\n');
  }, 180_000);

  it('cache gc removes what was made from a content that was saved over, and leaves what another run made of it', async () => {
    const gc = async (): Promise<string[]> => {
      const { stdout } = await runCli(['cache', 'gc', '--json', '--store', world.store]);
      const { removed } = JSON.parse(stdout) as { removed: { path: string; what: string }[] };
      return removed.map(({ path, what }) => `${what}: ${path.split('/')[0] ?? ''}`);
    };
    await buildIt();
    const before = (await readdir(join(world.store, 'v1/steps'))).length;
    await buildIt('--clean');
    const ofClean = (await library()).record.fingerprint;
    await writeFile(source('b.c'), 'b.c two\n');
    await buildIt();
    const saved = (await library()).record.fingerprint;
    // Library, modules and install of the old content; its source and what was probed of it are the clean build's too.
    expect(await gc()).toEqual(Array.from({ length: 3 }, () => 'of a content that its directory has no more: steps'));
    const left = await readdir(join(world.store, 'v1/steps'));
    expect(left).toEqual(expect.arrayContaining([ofClean, saved]));
    expect(left.length).toBeGreaterThan(before);
    expect(await gc()).toEqual([]);
    await compiled();
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, []]);
    await writeFile(source('b.c'), 'b.c one\n');
    expect([(await buildIt()).exitCode, await compiled()]).toEqual([0, ['b.c']]);
  }, 180_000);

  it('cache gc removes a tree whose checkout is gone, and one that was left half-made', async () => {
    await buildIt();
    const [name = ''] = await kept();
    const cache = async (action: string): Promise<unknown> =>
      JSON.parse((await runCli(['cache', action, '--json', '--store', world.store])).stdout);
    const status = await cache('status');
    expect(status).toMatchObject({ parts: { kept: { entries: 1 } } });
    expect(await cache('gc')).toMatchObject({ removed: [] });
    await mkdir(join(world.store, 'v1/kept/0123456789ab/src'), { recursive: true });
    await writeFile(join(world.store, 'v1/kept/0123456789ab/src/a.c'), '');
    expect(await cache('gc')).toMatchObject({
      removed: [{ path: 'kept/0123456789ab', what: 'left by a run that was ended' }],
    });
    await rm(checkout, { recursive: true });
    expect(await cache('gc')).toMatchObject({
      removed: [{ path: `kept/${name}`, what: 'build tree of a checkout that is gone' }],
    });
    expect(await kept()).toEqual([]);
  }, 180_000);
});
