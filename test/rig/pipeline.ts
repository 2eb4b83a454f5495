import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeTree } from '../../src/io/files.ts';
import { readToolchainKnowledge } from '../../src/io/host-knowledge.ts';
import type { Catalogue } from '../../src/model/catalogue.ts';
import { runCli, startCli, type CliOptions, type CliResult, type RunningCli } from './cli.ts';
import { debianTools } from './fake-machine.ts';
import { fakePrograms, type FakeAnswer, type FakeCall, type FakeProgram, type FakePrograms } from './fake-programs.ts';
import { startFileServer, type Behaviour, type RigServer } from './http-server.ts';
import {
  awslcEntry,
  cpythonEntry,
  makeCatalogue,
  packAwslc,
  packCpython,
  type SmallArchive,
} from './pipeline-archives.ts';
import { systemPython, testPackage } from './suites.ts';

export interface WorldOptions {
  readonly cpython?: SmallArchive;
  readonly awslc?: SmallArchive;
  /** How the servers of the two archives behave; they serve unless told otherwise. */
  readonly cpythonServer?: readonly Behaviour[];
  readonly awslcServer?: readonly Behaviour[];
  /** Changes the catalogue before it is written. */
  readonly editCatalogue?: (catalogue: Catalogue) => Catalogue;
  /** Test files of the small CPython, by name: `test_small.py`. */
  readonly suites?: Readonly<Record<string, string>>;
}

/** A small world in which the whole pipeline runs in a second or two, without a compiler. */
export interface World {
  readonly directory: string;
  readonly store: string;
  readonly catalogue: string;
  readonly fakes: FakePrograms;
  readonly servers: { readonly cpython: RigServer; readonly awslc: RigServer };
  /** Runs a command on the world's catalogue and store: `['build', '--json']`. */
  readonly run: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
  readonly start: (args: readonly string[], options?: CliOptions) => RunningCli;
  /** Calls that make something: questions for versions and headers are left out. */
  readonly work: () => Promise<readonly FakeCall[]>;
  /** Program and first argument of the calls of `work`, sorted: what was done, whatever the order. */
  readonly summary: () => Promise<readonly string[]>;
  /** Names of what a store must not keep of a run that is over: entries under `tmp/`. */
  readonly leftovers: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

export const versions = { cpython: '3.14.90', awslc: '5.90.0' } as const;

/** What CMake notes of an assembler that takes everything, of any architecture. */
export const goodAssembler = [
  'MY_ASSEMBLER_IS_TOO_OLD_FOR_AVX:BOOL=OFF',
  'MY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX:BOOL=OFF',
  'MY_ASSEMBLER_SUPPORTS_NEON_SHA3_EXTENSION:INTERNAL=TRUE',
];

/** A fake configuring CMake that leaves these lines in its cache. */
export const cmakeCache = (lines: readonly string[] = goodAssembler): string =>
  `mkdir -p build; printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >build/CMakeCache.txt`;

/** Answers of the fake `make` and others that a test may want to put others in front of. */
export interface ToolAnswers {
  readonly make: readonly FakeAnswer[];
  readonly cmake: readonly FakeAnswer[];
  readonly configure: readonly FakeAnswer[];
  readonly python: readonly FakeAnswer[];
}

const smallSuite = `import unittest

class SmallTests(unittest.TestCase):
    def test_one(self):
        pass

    def test_two(self):
        pass
`;

const version = (line: string): FakeAnswer => ({ args: '--version', stdout: `${line}\n` });

/** Writes a proof in which every claim is as expected; \`claim\` is found otherwise. */
export const proveScript = (claim?: string): string => `'${systemPython}' -c '
import json, sys
expected = json.load(open(sys.argv[1]))
lie = ${claim === undefined ? 'None' : `"${claim}"`}
claims = [{"id": name, "title": name, "how": "as told", "expected": value, "found": "something else" if name == lie else value,
           "holds": name != lie} for name, value in expected.items() if not name.startswith("$")]
json.dump({"version": 1, "kind": "proof", "claims": claims, "facts": [], "notChecked": []}, open(sys.argv[2], "w"))
' "$5" "$7"`;

/** What the fake tools of a world answer; a test puts its own answers in front. */
export const toolAnswers = (suites: string): ToolAnswers => ({
  make: [
    version(debianTools['make'] ?? ''),
    {
      args: 'install *',
      // As a real make: what cannot be written ends it.
      script: `set -e
for WORD; do case $WORD in DESTDIR=*) PREFIX="\${WORD#DESTDIR=}/opt/cpython-awslc";; esac; done
LIBRARY=$PREFIX/lib/python3.14
mkdir -p "$PREFIX/bin" "$LIBRARY/lib-dynload" "$LIBRARY/config-3.14" "$LIBRARY/site-packages"
cp python "$PREFIX/bin/python3"
echo hmac >"$LIBRARY/lib-dynload/_hmac.small.so"
echo "built in $PWD with -DOPENSSL_NO_TLS_PHA" >"$LIBRARY/_sysconfigdata_small.py"
echo "{\\"place\\": \\"$PWD\\"}" >"$LIBRARY/_sysconfig_vars_small.json"
echo "prefix = /opt/cpython-awslc # $PWD" >"$LIBRARY/config-3.14/Makefile"
cp -r '${suites}' "$LIBRARY/suites"`,
    },
    {
      // The suites of a test can tell by this file which Python they run in.
      args: '-f twin.mk *',
      script: `
for WORD; do case $WORD in OUT=*) OUT=\${WORD#OUT=};; esac; done
echo openssl >"$OUT/_ssl.small.so"; echo openssl >"$OUT/_hashlib.small.so"`,
    },
    {
      args: '*-f modules.mk *',
      script: `set -e
for WORD; do case $WORD in OUT=*) OUT=\${WORD#OUT=};; AWSLC_LIB=*) LIB=\${WORD#AWSLC_LIB=};; esac; done
cat "$LIB/libssl.a" "$LIB/libcrypto.a" >"$OUT/_ssl.small.so"
for NAME in _hashlib _awslc_fips; do ln -s _ssl.small.so "$OUT/$NAME.small.so"; done`,
    },
    {
      args: '-j*',
      script: `set -e
cat >python <<'END'
#!/bin/sh
SELF=$(readlink -f "$0")
PREFIX=$(dirname "$(dirname "$SELF")")
export PREFIX
exec fake-python "$@"
END
chmod +x python`,
    },
  ],
  cmake: [
    version(debianTools['cmake'] ?? ''),
    {
      args: '--build *',
      script: 'mkdir -p build/crypto build/ssl; echo crypto >build/crypto/libcrypto.a; echo ssl >build/ssl/libssl.a',
    },
    { args: '-G Ninja *', script: cmakeCache() },
    { args: '-E rm *' },
  ],
  configure: [{ script: 'echo "# made by configure in $PWD" >Makefile; echo "#define SMALL 1" >pyconfig.h' }],
  python: [
    {
      args: '*ensurepip*',
      script: `
printf "#!%s/bin/python3\\n" "$PREFIX" >"$PREFIX/bin/pip3"
mkdir -p "$PREFIX/lib/python3.14/site-packages/pip-1.dist-info"
echo ../../../bin/pip3,sha256=0,0 >"$PREFIX/lib/python3.14/site-packages/pip-1.dist-info/RECORD"`,
    },
    { args: '*compileall*' },
    { args: '*import _awslc_fips*' },
    { args: '*prove.py*', script: proveScript() },
    { args: '*OPENSSL_VERSION*', stdout: 'OpenSSL 3.0.90 1 Jan 2026\n' },
    {
      args: '*driver.py*',
      script: `PYTHONPATH="$PREFIX/lib/python3.14/suites"; export PYTHONPATH; exec '${systemPython}' "$@"`,
    },
    { exec: systemPython },
  ],
});

/** Program and first argument; of the fake Python, what it was asked for. */
export const describeCall = ({ program, args }: FakeCall): string => {
  if (program !== 'fake-python') return `${program} ${args[0] ?? ''}`;
  return `python ${/ensurepip|place_scripts|compileall|_awslc_fips|prove\.py|driver\.py|OPENSSL_VERSION/.exec(args.join(' '))?.[0] ?? args.join(' ')}`;
};

/** Changes one byte of a file and leaves its size and its time, to the nanosecond, as they were. */
export const flipByte = async (path: string): Promise<void> => {
  const reference = `${path}.reference`;
  execFileSync('cp', ['-a', path, reference]);
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 0);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, 0);
  await file.close();
  execFileSync('touch', ['-r', reference, path]);
  await rm(reference);
};

const questions = [/^--version$/, /^-dumpversion$/, /^version$/, /^-E -P -x c -$/, /^-W /, /^--modversion/];

/** Makes a world: archives, servers, a catalogue, fake tools, an empty store. */
export const makeWorld = async (options: WorldOptions = {}): Promise<World> => {
  const directory = await mkdtemp(join(tmpdir(), 'world-'));
  const cpython = options.cpython ?? packCpython(versions.cpython);
  const awslc = options.awslc ?? packAwslc(versions.awslc);
  const servers = {
    cpython: await startFileServer(cpython.bytes, options.cpythonServer ?? [{ do: 'serve', etag: '"p"' }]),
    awslc: await startFileServer(awslc.bytes, options.awslcServer ?? [{ do: 'serve', etag: '"a"' }]),
  };
  const catalogue = join(directory, 'catalogue');
  const made = makeCatalogue(
    [awslcEntry(versions.awslc, awslc, `${servers.awslc.url}/${awslc.file}`)],
    [cpythonEntry(versions.cpython, cpython, `${servers.cpython.url}/${cpython.file}`)],
  );
  const { awslc: awslcFile, cpython: cpythonFile } = options.editCatalogue?.(made) ?? made;
  await mkdir(catalogue);
  await writeFile(join(catalogue, 'awslc.json'), JSON.stringify(awslcFile));
  await writeFile(join(catalogue, 'cpython.json'), JSON.stringify(cpythonFile));

  const suites = join(directory, 'suites');
  const files = { 'test_small.py': smallSuite, ...options.suites };
  const all = {
    ...testPackage,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`test/${name}`, text])),
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(suites, name)), { recursive: true });
    await writeFile(join(suites, name), text);
  }

  const knowledge = await readToolchainKnowledge();
  if (!knowledge.ok) throw new Error(JSON.stringify(knowledge.error));
  const answers = toolAnswers(suites);
  const headers = knowledge.value.libraries.map(({ name }) => `found:${name}:\n`).join('');
  const plain: Record<string, FakeProgram> = Object.fromEntries(
    // These really work here.
    Object.entries(debianTools)
      .filter(([name]) => !['xz', 'flock', 'tar'].includes(name))
      .map(([name, line]) => [name, { stdout: `${line}\n` }]),
  );
  const fakes = await fakePrograms(directory, {
    ...plain,
    cc: [
      version('cc (Debian 12.2.0-14+deb12u1) 12.2.0'),
      { args: '-E *', script: `cat >/dev/null; printf %s '${headers}'` },
    ],
    gcc: [
      version(debianTools['gcc'] ?? ''),
      {
        args: '-E -dD *',
        script: 'for WORD; do case $WORD in -I*) cat "${WORD#-I}/openssl/base.h";; esac; done',
      },
      { args: '-fsyntax-only *' },
    ],
    'dpkg-query': { script: 'shift 3; for p; do printf "%s\\t1.0-1\\tinstalled\\n" "$p"; done' },
    make: answers.make,
    cmake: answers.cmake,
    'fake-configure': answers.configure,
    'fake-python': answers.python,
  });
  const store = join(directory, 'store');
  const common = (args: readonly string[]): readonly string[] => {
    const [verb = '', ...rest] = args;
    // An axis that the test names itself replaces the world's own.
    const axis = (name: string, value: string): readonly string[] => (rest.includes(name) ? [] : [name, value]);
    const axes = [...axis('--python', '3.14'), ...axis('--awslc', '5')];
    // Records tell of their cells themselves.
    if (verb === 'merge') return [verb, ...axis('--store', store), ...rest];
    const selection = [...axes, '--catalogue', catalogue, ...axis('--store', store)];
    const takesTests = ['test', 'plan', 'diff', 'matrix'].includes(verb) && !rest.includes('--preset');
    const tests = takesTests ? axis('--tests', 'test_small') : [];
    return [...verb.split(' '), ...selection, ...tests, ...rest];
  };
  const within = (cli: CliOptions = {}): CliOptions => ({ ...cli, env: { PATH: fakes.pathWithSystem, ...cli.env } });
  const work = async (): Promise<readonly FakeCall[]> =>
    (await fakes.calls()).filter(
      ({ program, args }) => program !== 'dpkg-query' && !questions.some((question) => question.test(args.join(' '))),
    );
  return {
    directory,
    store,
    catalogue,
    fakes,
    servers,
    run: (args, cli) => runCli(common(args), within(cli)),
    start: (args, cli) => startCli(common(args), within(cli)),
    work,
    summary: async () => (await work()).map(describeCall).sort(),
    leftovers: () => readdir(join(store, 'v1', 'tmp')).catch(() => []),
    remove: async () => {
      await servers.cpython.close();
      await servers.awslc.close();
      await removeTree(directory);
    },
  };
};

/** Puts answers in front of a tool's own. */
export const prepend = async (
  world: World,
  tool: keyof ToolAnswers,
  ...answers: readonly FakeAnswer[]
): Promise<void> => {
  const program = tool === 'configure' || tool === 'python' ? `fake-${tool}` : tool;
  const own = toolAnswers(join(world.directory, 'suites'))[tool];
  const [first, ...rest] = own;
  // The version question comes first, so that a pattern that fits everything does not take it.
  const ordered = first?.args === '--version' ? [first, ...answers, ...rest] : [...answers, ...own];
  await world.fakes.add({ [program]: ordered });
};

/** The directory of a finished step in the store, by the beginning of its id: `compile-core`. */
export const findStored = async (world: World, id: string): Promise<string> => {
  const steps = join(world.store, 'v1', 'steps');
  for (const key of await readdir(steps)) {
    const record = JSON.parse(await readFile(join(steps, key, 'record.json'), 'utf8')) as { id: string };
    if (record.id.startsWith(`${id}-`)) return join(steps, key);
  }
  throw new Error(`no finished step ${id}`);
};
