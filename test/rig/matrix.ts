import { matrixRecordSchema, type MatrixRecord } from '../../src/model/matrix.ts';
import type { AwslcEntry, CpythonEntry } from '../../src/model/catalogue.ts';
import { checkSchema } from '../../src/model/json.ts';
import type { CliOptions, CliResult } from './cli.ts';
import { startFileServer, type RigServer } from './http-server.ts';
import { awslcEntry, cpythonEntry, makeCatalogue, packAwslc, packCpython } from './pipeline-archives.ts';
import { cmakeCache, makeWorld, prepend, type World } from './pipeline.ts';

/** The versions of the small matrix: two of CPython on three of AWS-LC. */
export const matrixVersions = {
  cpython: ['3.14.90', '3.14.91'],
  awslc: ['5.90.0', '5.91.0', '5.92.0'],
} as const;

/** A world whose catalogue has a matrix. */
export interface MatrixWorld extends World {
  /** Runs `matrix` on all of its cells. */
  readonly matrix: (args?: readonly string[], options?: CliOptions) => Promise<CliResult>;
  /** Its axes as options. */
  readonly axes: readonly string[];
}

/** A test file whose tests know the AWS-LC that their Python has: it stands in what was linked. */
export const matrixSuite = (body: string): string => `import os, unittest

with open(os.path.join(os.environ['PREFIX'], 'lib/python3.14/lib-dynload/_ssl.small.so')) as file:
    AWSLC = file.read()

class SmallTests(unittest.TestCase):
    def test_one(self):
        pass
${body}`;

/** Which pair of versions a compiler is asked about. */
const findPair = `
for WORD; do case $WORD in
  -I*/Include) [ -f "\${WORD#-I}/patchlevel.h" ] && PYTHON=$(cat "\${WORD#-I}/patchlevel.h");;
  -I*/include) [ -f "\${WORD#-I}/openssl/base.h" ] && AWSLC=$(head -n 1 "\${WORD#-I}/openssl/base.h");;
esac; done`;

/** Makes a world with a matrix of 2 x 3 cells. `suite` is the body of a class of tests, after `test_one`. */
export const makeMatrixWorld = async (suite = ''): Promise<MatrixWorld> => {
  const servers: RigServer[] = [];
  const serve = async (bytes: Buffer): Promise<string> => {
    const server = await startFileServer(bytes, [{ do: 'serve', etag: '"m"' }]);
    servers.push(server);
    return server.url;
  };
  const cpython: CpythonEntry[] = [];
  for (const version of matrixVersions.cpython) {
    const archive = packCpython(version);
    cpython.push(cpythonEntry(version, archive, `${await serve(archive.bytes)}/${archive.file}`));
  }
  const awslc: AwslcEntry[] = [];
  for (const version of matrixVersions.awslc) {
    const archive = packAwslc(version);
    awslc.push(awslcEntry(version, archive, `${await serve(archive.bytes)}/${archive.file}`));
  }
  const world = await makeWorld({
    editCatalogue: () => makeCatalogue(awslc, cpython),
    suites: { 'test_small.py': matrixSuite(suite) },
  });
  await prepend(
    world,
    'cmake',
    {
      args: '-G Ninja *',
      script: `${cmakeCache()}; for WORD; do [ -d "$WORD/include/openssl" ] && head -n 1 "$WORD/include/openssl/base.h" >build/version; done; true`,
    },
    {
      args: '--build *',
      script:
        'mkdir -p build/crypto build/ssl; cp build/version build/crypto/libcrypto.a; echo ssl >build/ssl/libssl.a',
    },
  );
  const axes = [
    ...matrixVersions.cpython.flatMap((version) => ['--python', version]),
    ...matrixVersions.awslc.flatMap((version) => ['--awslc', version]),
  ];
  return {
    ...world,
    axes,
    matrix: (args = [], options = {}) => world.run(['matrix', ...axes, ...args], options),
    remove: async () => {
      for (const server of servers) await server.close();
      await world.remove();
    },
  };
};

/** From now on the compiler refuses one pair of versions. */
export const refusePair = async (world: World, python: string, awslc: string): Promise<void> => {
  await world.fakes.add({
    gcc: [
      { args: '--version', stdout: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
      { args: '-E -dD *', script: 'for WORD; do case $WORD in -I*) cat "${WORD#-I}/openssl/base.h";; esac; done' },
      {
        args: '-fsyntax-only *',
        script: `${findPair}
case "$PYTHON$AWSLC" in *'"${python}"'*'"${awslc}"'*)
  echo "Modules/_ssl.c:7:5: error: implicit declaration of function 'SSL_small'" >&2; exit 1;;
esac`,
      },
    ],
  });
};

/** The matrix that a command printed; throws when it is none. */
export const matrixOf = ({ stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): MatrixRecord => {
  const checked = checkSchema(matrixRecordSchema, JSON.parse(stdout));
  if (!checked.ok) throw new Error(`${JSON.stringify(checked.error)}\n${stdout.slice(0, 2000)}\n${stderr}`);
  return checked.value;
};

/** State of each cell by its versions: `3.14.90 5.91.0`. */
export const statesOf = ({ cells }: MatrixRecord): Readonly<Record<string, string>> =>
  Object.fromEntries(cells.map(({ cell, state }) => [`${cell.python.version} ${cell.awslc.version}`, state]));
