import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { removeTree } from '../../src/io/files.ts';
import { parseJson } from '../../src/model/json.ts';
import { proofSchema, type Proof } from '../../src/model/proof.ts';
import type { RealPython } from './real-python.ts';

const run = promisify(execFile);
const tool = resolve(import.meta.dirname, '../../src/python');
const scrubbed = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' };

/** Modules that were compiled and linked on purpose in a wrong way. */
export interface Parts {
  /** The path of a part. */
  readonly file: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/**
 * Compiles parts with the core's recorded flags, by a makefile that includes CPython's. Its goal is `parts`, it writes
 * into `$(OUT)`, and finds AWS-LC by `$(INCLUDE)`, `$(LIBSSL)` and `$(LIBCRYPTO)`, this tool's C source in `$(TOOL)`.
 */
export const compileParts = async (real: RealPython, makefile: string): Promise<Parts> => {
  const directory = await mkdtemp(join(tmpdir(), 'trap-parts-'));
  const build = join(directory, 'build');
  const out = join(directory, 'out');
  await mkdir(build);
  await mkdir(out);
  await symlink(real.sourceDir, join(directory, 'src'));
  for (const name of ['Makefile', 'pyconfig.h']) await cp(join(real.coreBuildDir, name), join(build, name));
  await writeFile(join(build, 'parts.mk'), `include Makefile\n${makefile}`);
  const archive = (name: string): string => {
    const beside = join(real.awslcBuildDir, `lib${name}.a`);
    return existsSync(beside) ? beside : join(real.awslcBuildDir, name, `lib${name}.a`);
  };
  const variables = {
    OUT: out,
    TOOL: tool,
    INCLUDE: real.awslcIncludeDir,
    LIBSSL: archive('ssl'),
    LIBCRYPTO: archive('crypto'),
  };
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // Without -o, make would find the copied Makefile older than what it was made from, and configure all over again.
  await run('make', ['-j2', '-o', 'Makefile', '-f', 'parts.mk', 'parts', ...words], { cwd: build, env: scrubbed });
  return {
    file: (name) => join(out, name),
    remove: async () => {
      await removeTree(directory);
    },
  };
};

/** A copy of a real Python in which modules can be replaced by wrong ones. */
export interface Trap {
  readonly prefix: string;
  /** Takes an extension module out of the copy. */
  readonly take: (name: string) => Promise<void>;
  /** Puts a file in as an extension module. */
  readonly put: (name: string, file: string) => Promise<void>;
  /** Makes an extension module a second name of another. */
  readonly link: (name: string, other: string) => Promise<void>;
  /** The file of an extension module. */
  readonly file: (name: string) => string;
  /** Runs prove.py in the copy: the proof as text and parsed. */
  readonly prove: () => Promise<{ readonly text: string; readonly proof: Proof }>;
  readonly remove: () => Promise<void>;
}

/** Copies the built Python, with hard links where the file system allows. */
export const makeTrap = async (real: RealPython): Promise<Trap> => {
  const directory = await mkdtemp(join(tmpdir(), 'trap-'));
  const prefix = join(directory, 'python');
  await run('cp', ['-al', real.prefix, prefix]).catch(async () => {
    await removeTree(prefix);
    await run('cp', ['-a', real.prefix, prefix]);
  });
  const [series] = (await readdir(join(prefix, 'lib'))).filter((name) => /^python3\.\d+$/.test(name));
  if (series === undefined) throw new Error(`no standard library below ${prefix}`);
  const modulesDir = join(prefix, 'lib', series, 'lib-dynload');
  await run('chmod', ['u+w', modulesDir]);
  const ssl = (await readdir(modulesDir)).find((name) => name.startsWith('_ssl.'));
  if (ssl === undefined) throw new Error(`no _ssl in ${modulesDir}`);
  const suffix = ssl.slice('_ssl'.length);
  const file = (name: string): string => join(modulesDir, name + suffix);
  return {
    prefix,
    file,
    take: (name) => rm(file(name)),
    put: (name, from) => copyFile(from, file(name)),
    link: (name, other) => symlink(other + suffix, file(name)),
    prove: async () => {
      const expectations = join(directory, 'expectations.json');
      const out = join(directory, 'proof.json');
      await writeFile(expectations, JSON.stringify(real.expectations));
      const options = ['--expectations', expectations, '--out', out];
      await run(join(prefix, 'bin/python3'), ['-I', '-B', join(tool, 'prove.py'), ...options], {
        cwd: directory,
        env: scrubbed,
      });
      const text = await readFile(out, 'utf8');
      const proof = parseJson(proofSchema, text);
      if (!proof.ok) throw new Error(JSON.stringify(proof.error));
      return { text, proof: proof.value };
    },
    remove: async () => {
      await removeTree(directory);
    },
  };
};
