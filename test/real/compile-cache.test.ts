import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCompileCache } from '../../src/io/compile-cache.ts';
import { removeTree } from '../../src/io/files.ts';
import { makeStep } from '../../src/plan/step.ts';
import { build } from '../../src/steps/build.ts';
import type { CompileCache, StepContext, StepFindings } from '../../src/steps/context.ts';
import { planWith } from '../rig/plan-inputs.ts';

const path = process.env['PATH'] ?? '/usr/bin:/bin';
let directory: string;
let cache: CompileCache | undefined;
/** What a caller may have configured for other work: none of it may decide what is compiled here. */
const hostile =
  'compiler = /bin/false\npath = /nonexistent\nsloppiness = time_macros\nhash_dir = false\nprefix_command = /bin/false\n';
const findCache = (): Promise<CompileCache | undefined> =>
  findCompileCache({
    path,
    env: { PATH: path, HOME: directory, CCACHE_DIR: join(directory, 'cache') },
    tools: [{ name: 'ccache', version: 'the machine’s' }],
    signal: new AbortController().signal,
    notice: (text) => {
      throw new Error(text);
    },
  });
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccache-'));
  await mkdir(join(directory, 'cache'));
  await writeFile(join(directory, 'cache', 'ccache.conf'), hostile);
  cache = await findCache();
  // Nothing is installed on a machine whose owner was not asked: a CI has said yes.
  if (cache !== undefined || process.env['CI'] !== 'true') return;
  const install = 'apt-get install -y ccache';
  await promisify(execFile)('sh', ['-c', `${install} || { apt-get update && ${install}; }`], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  cache = await findCache();
});
afterAll(() => removeTree(directory));

/** The maps of the real plan: they decide whether the bytes are the same by either way. */
const maps = ((): string => {
  const configure = planWith().steps.find(({ kind, subject }) => kind === 'configure' && subject === 'awslc');
  const flag = configure?.flags.find((one) => one.flag.startsWith('-DCMAKE_C_FLAGS='))?.flag;
  if (flag === undefined) throw new Error('the plan of AWS-LC has C flags');
  return flag;
})();

/** Configures and compiles a library of one file at a place of its own, whose source has more before the same code or not. */
const compileAt = async (
  name: string,
  compileCache: CompileCache | undefined,
): Promise<{ readonly found: StepFindings; readonly library: Buffer }> => {
  const [work, tree, source] = ['work', 'tree', 'source'].map((part) => join(directory, name, part));
  if (work === undefined || tree === undefined || source === undefined) throw new Error('three places');
  for (const place of [work, tree, join(source, 'include')]) await mkdir(place, { recursive: true });
  await writeFile(
    join(source, 'CMakeLists.txt'),
    'cmake_minimum_required(VERSION 3.5)\nproject(one C)\ninclude_directories(${CMAKE_SOURCE_DIR}/include)\nadd_library(one STATIC one.c)\n',
  );
  await writeFile(join(source, 'include', 'one.h'), 'static inline const char *header(void) { return __FILE__; }\n');
  await writeFile(
    join(source, 'one.c'),
    '#include "one.h"\nconst char *file(void) { return __FILE__; }\nconst char *other(void) { return header(); }\n',
  );
  const context: StepContext = {
    places: { work, tree, source, path },
    environment: { PATH: '{path}', HOME: '{work}', LC_ALL: 'C.UTF-8' },
    jobs: 1,
    niceness: 0,
    answersOf: { directory, machine: 'unused' },
    ...(compileCache === undefined ? {} : { compileCache }),
    logFile: join(directory, `${name}.log`),
    downloadsDir: directory,
    fetch: { offline: true, mirrors: [], callerEnvironment: {} },
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const step = makeStep({
    kind: 'compile',
    subject: 'awslc',
    title: 'compile one file',
    inputs: {},
    actions: [
      { do: 'symlink', target: '{source}', path: '{work}/src' },
      { do: 'exec', argv: ['cmake', '-G', 'Ninja', '-S', '{work}/src', '-B', '{work}/build', maps], cwd: '{work}' },
      { do: 'compile-cache', build: '{work}/build', compilers: ['gcc', 'g++'], why: 'it is what is tried' },
      { do: 'exec', argv: ['cmake', '--build', 'build'], cwd: '{work}' },
    ],
    alsoDependsOn: {},
  });
  const found = await build(step, context);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return { found: found.value, library: await readFile(join(work, 'build', 'libone.a')) };
};

describe('the ccache of this machine', () => {
  it('finds again what was compiled at another place, and gives the bytes that the compiler gives', async ({
    skip,
  }) => {
    if (cache === undefined) skip('there is no ccache here: `cpython-awslc doctor --fix` installs it');
    const without = await compileAt('without', undefined);
    const first = await compileAt('first', cache);
    const second = await compileAt('a-second-place/of-another-length', cache);
    expect(without.found.compileCache).toBe(undefined);
    expect(first.found.compileCache).toEqual({ program: 'the machine’s', hits: 0, misses: 1 });
    expect(second.found.compileCache).toEqual({ program: 'the machine’s', hits: 1, misses: 0 });
    expect(first.library.equals(without.library)).toBe(true);
    expect(second.library.equals(without.library)).toBe(true);
    expect(without.library.includes('/usr/src/aws-lc/one.c')).toBe(true);
    expect(without.library.includes('/usr/src/aws-lc/include/one.h')).toBe(true);
    expect(without.library.includes(directory)).toBe(false);
  });
});
