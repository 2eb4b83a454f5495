import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCompileCache } from '../../../src/io/compile-cache.ts';
import { removeTree } from '../../../src/io/files.ts';
import type { Action } from '../../../src/model/plan.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { runActions } from '../../../src/steps/actions.ts';
import { build } from '../../../src/steps/build.ts';
import type { CompileCache, StepContext } from '../../../src/steps/context.ts';

let directory: string;
let context: StepContext;
let cache: CompileCache;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'haste-'));
  for (const name of ['bin', 'work', 'tree']) await mkdir(join(directory, name));
  context = {
    places: { work: join(directory, 'work'), tree: join(directory, 'tree'), path: `${directory}/bin:/usr/bin:/bin` },
    environment: { PATH: '{path}', HOME: '{work}', CCACHE_DISABLE: '1' },
    jobs: 1,
    niceness: 0,
    answersOf: { directory: join(directory, 'answers'), machine: 'this kernel' },
    logFile: join(directory, 'log'),
    downloadsDir: directory,
    fetch: { offline: true, mirrors: [], callerEnvironment: {} },
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  // Says what it is called as, and with what; counts like ccache.
  await program(
    'ccache',
    'echo "$(basename "$0") $*|base $CCACHE_BASEDIR|dir $CCACHE_DIR|in $CCACHE_NAMESPACE" >> "$HOME/ccache.calls"\n' +
      'printf "# a.c\\n%s\\nlocal_storage_hit\\n" "${SAYS:-direct_cache_hit}" >> "$CCACHE_STATSLOG"\n',
  );
  await program('gcc', 'echo "gcc itself|disabled=$CCACHE_DISABLE" >> "$HOME/ccache.calls"\n');
  cache = {
    program: join(directory, 'bin', 'ccache'),
    version: 'ccache version 4.7.5',
    settings: { CCACHE_DIR: '/somewhere', CCACHE_NAMESPACE: '{ci}' },
  };
});
afterEach(() => removeTree(directory));

const program = async (name: string, script: string): Promise<void> => {
  const path = join(directory, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${script}`);
  await chmod(path, 0o755);
};
const exec = (script: string): Action => ({ do: 'exec', argv: ['sh', '-c', script], cwd: '{work}/build' });
const put: Action = { do: 'compile-cache', compilers: ['gcc', 'g++'], why: 'quick' };
const stepOf = (...actions: readonly Action[]): ReturnType<typeof makeStep> =>
  makeStep({ kind: 'compile', subject: 'core', title: 'try it', inputs: {}, actions, alsoDependsOn: {} });
const calls = async (): Promise<readonly string[]> =>
  (await readFile(join(directory, 'work', 'ccache.calls'), 'utf8')).trim().split('\n');

type Found = ReturnType<typeof findCompileCache>;

describe('a compile cache', () => {
  it('goes in front of the compilers for what follows, with settings of ours, and its counts are told', async () => {
    const step = stepOf(exec('gcc before'), put, exec('gcc -c a.c; SAYS=cache_miss g++ -c b.cc; gcc -c c.c'));
    expect(await build(step, { ...context, compileCache: cache })).toMatchObject({
      ok: true,
      value: { compileCache: { program: 'ccache version 4.7.5', hits: 2, misses: 1 } },
    });
    const work = join(directory, 'work');
    const by = `|base ${work}|dir /somewhere|in {ci}`;
    expect(await calls()).toEqual([
      // A compiler on PATH that is ccache already may not hand out what it has.
      'gcc itself|disabled=1',
      `gcc -c a.c${by}`,
      `g++ -c b.cc${by}`,
      `gcc -c c.c${by}`,
    ]);
  });

  it('is told to CMake where it builds, by the launcher that CMake has for it', async () => {
    await program('cmake', 'echo "cmake $*|disabled=$CCACHE_DISABLE" >> "$HOME/ccache.calls"\n');
    const step = stepOf({ ...put, build: '{work}/build' }, exec('true'));
    expect(await build(step, { ...context, compileCache: cache })).toMatchObject({ ok: true });
    expect(await calls()).toEqual([
      `cmake -DCMAKE_C_COMPILER_LAUNCHER=${cache.program} -DCMAKE_CXX_COMPILER_LAUNCHER=${cache.program} ${join(directory, 'work', 'build')}|disabled=1`,
    ]);
    await program('cmake', 'exit 3\n');
    expect(await build(step, { ...context, compileCache: cache })).toMatchObject({
      ok: false,
      error: { code: 'command-failed', step: 'tell CMake of the compile cache' },
    });
  });

  it('is done without where there is none, with the same step', async () => {
    const step = stepOf(put, exec('gcc -c a.c'));
    const done = await build(step, context);
    expect(done.ok && done.value.compileCache).toBe(undefined);
    expect(await calls()).toEqual(['gcc itself|disabled=1']);
    expect(step.fingerprint).toBe(stepOf(exec('gcc -c a.c')).fingerprint);
  });

  it('is the machine’s, with the caller’s places and sharing as ccache finds them, and nothing that decides what is compiled', async () => {
    const notices: string[] = [];
    const find = (env: Readonly<Record<string, string>>, tools = [{ name: 'ccache', version: '4.7.5' }]): Found =>
      findCompileCache({
        path: `${directory}/bin`,
        env,
        tools,
        signal: new AbortController().signal,
        notice: (text) => notices.push(text),
      });
    const says = (...lines: readonly string[]): Promise<void> =>
      program('ccache', `[ "$1" = --show-config ] && cat <<'END'\n${lines.join('\n')}\nEND\n`);
    await says(
      `(/etc/ccache.conf) cache_dir = ${directory}/shared`,
      '(default) compiler = clang',
      '(default) sloppiness = time_macros',
      '(/home/one/.config/ccache/ccache.conf) max_size = 100.0G',
      '(environment) remote_storage = http://cache/ secret=redacted',
      '(default) reshare = false',
      '(default) read_only = true',
      '(default) namespace = ',
    );
    const env = { PATH: '/usr/bin:/bin', CCACHE_REMOTE_STORAGE: 'http://user:secret@cache/', CCACHE_NAMESPACE: '{ci}' };
    expect(await find(env)).toEqual({
      program: cache.program,
      version: '4.7.5',
      settings: {
        CCACHE_DIR: `${directory}/shared`,
        CCACHE_MAXSIZE: '100.0G',
        CCACHE_REMOTE_STORAGE: 'http://user:secret@cache/',
        CCACHE_NAMESPACE: '{ci}',
        CCACHE_READONLY: '1',
      },
    });
    expect(await find({ ...env, CCACHE_DISABLE: '1' })).toBe(undefined);
    expect(await find(env, [])).toBe(undefined);
    await says(`(default) cache_dir = ${directory}/shared`, '(/etc/ccache.conf) disable = true');
    expect([await find(env), notices]).toEqual([undefined, []]);
    // What cannot be used is said, and a build does without.
    await says('(default) cache_dir = /proc/nowhere');
    expect([await find(env), notices.splice(0)]).toEqual([undefined, [expect.stringContaining('/proc/nowhere')]]);
    await program('ccache', 'echo "ccache: error: bad configuration" >&2; exit 1\n');
    expect([await find(env), notices]).toEqual([undefined, [expect.stringContaining('does not say')]]);
  });
});

describe('answers of configure', () => {
  const known: Action = { do: 'known-answers', of: 'a'.repeat(64), anew: ['ac_cv_effect'], why: 'quick' };
  // Like autoconf: takes what the site file's cache holds, asks the rest, and writes all of it back.
  const configure = exec(
    `. "$CONFIG_SITE"; [ -f "$cache_file" ] && . "$cache_file"
     for name in one effect; do eval "known=\\$ac_cv_$name"; [ -n "$known" ] || echo "asked $name" >> ../asked; done
     printf 'ac_cv_one=\${ac_cv_one=yes}\\nac_cv_effect=\${ac_cv_effect=yes}\\n' > "$cache_file"`,
  );
  const asked = async (actions: readonly Action[], more: Partial<StepContext> = {}): Promise<readonly string[]> => {
    await removeTree(join(directory, 'work'));
    await mkdir(join(directory, 'work', 'build'), { recursive: true });
    const done = await runActions(stepOf(...actions), { ...context, ...more });
    if (!done.ok) return [done.error.code];
    // Nothing of it is where the step's output is taken from.
    expect(await readdir(join(directory, 'work', 'build'))).toEqual([]);
    return (await readFile(join(directory, 'work', 'asked'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  };

  it('are taken by the next one for the same compiler, packages, kernel and PATH, but for those with effects', async () => {
    const actions = [known, configure];
    expect(await asked(actions)).toEqual(['asked one', 'asked effect']);
    expect(await asked(actions)).toEqual(['asked effect']);
    const { directory: answers } = context.answersOf;
    expect(await asked(actions, { answersOf: { directory: answers, machine: 'another kernel' } })).toHaveLength(2);
    expect(await asked([{ ...known, of: 'b'.repeat(64) }, configure])).toHaveLength(2);
    expect(await readdir(answers)).toHaveLength(3);
  });

  it('are kept only when all went well, and found anew when what was kept is damaged', async () => {
    const actions = [known, configure];
    expect(await asked([...actions, exec('exit 1')])).toEqual(['command-failed']);
    expect(await asked(actions)).toHaveLength(2);
    const { directory: answers } = context.answersOf;
    const [name] = await readdir(answers);
    const kept = join(answers, name ?? '');
    await writeFile(kept, `${await readFile(kept, 'utf8')}ac_cv_one=no\n`);
    expect(await asked(actions)).toHaveLength(2);
    expect(await asked(actions)).toEqual(['asked effect']);
  });
});
