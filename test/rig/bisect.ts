import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AwslcEntry, Capabilities } from '../../src/model/catalogue.ts';
import { probeProgram } from '../../src/plan/capabilities.ts';
import { cmakeCache, makeWorld, prepend, proveScript, type World } from './pipeline.ts';
import { awslcEntry, capabilities, cpythonEntry, listAwslcFiles, packAwslc, packCpython } from './pipeline-archives.ts';

/**
 * How an AWS-LC of the small world behaves: `new` skips a case, `bad` fails it, `broken` does not compile, `lies`
 * fails a claim, `gone` cannot be fetched.
 */
export type Mark = 'old' | 'new' | 'bad' | 'broken' | 'lies' | 'gone';

/** One version of a range. */
export interface Release {
  readonly mark: Mark;
  readonly has?: Capabilities;
}

/** A small AWS-LC with or without HMAC of SHA-3, as before and after aws-lc#2484. */
export const withoutHmacSha3: Capabilities = {
  ...capabilities,
  hmacHashes: capabilities.hmacHashes.filter((name) => !name.startsWith('sha3_')),
};
/** One that lacks a function. */
export const withoutHostflags: Capabilities = {
  ...capabilities,
  functions: { ...capabilities.functions, X509_VERIFY_PARAM_get_hostflags: false },
};

/** The version of a place in the range. */
export const versionOf = (index: number): string => `5.${10 + index}.0`;

const suite = `import os, unittest

with open(os.path.join(os.environ['PREFIX'], 'lib/python3.14/lib-dynload/_ssl.small.so')) as file:
    CONTENT = file.read()

class SmallTests(unittest.TestCase):
    def test_one(self):
        pass

    def test_other(self):
        self.assertNotIn('bad', CONTENT)
        if 'new' in CONTENT:
            self.skipTest('it is new')
`;

/** Tools that build what an AWS-LC's file \`mark\` says. */
const teachTools = async (world: World): Promise<void> => {
  await prepend(
    world,
    'cmake',
    { args: '-G Ninja *', script: cmakeCache() },
    {
      args: '--build *',
      script: `MARK=$(cat src/mark)
if [ "$MARK" = broken ]; then echo 'error: it is broken' >&2; exit 2; fi
mkdir -p build/crypto build/ssl; echo "$MARK" >build/crypto/libcrypto.a; echo ssl >build/ssl/libssl.a`,
    },
  );
  await prepend(world, 'python', {
    args: '*prove.py*',
    script: `if grep -q lies "$PREFIX/lib/python3.14/lib-dynload/_ssl.small.so"; then ${proveScript('tls-versions')}
else ${proveScript()}
fi`,
  });
};

/** A world whose catalogue has these versions of AWS-LC, oldest first, as `versionOf` names them. */
export const makeBisectWorld = async (releases: readonly Release[]): Promise<World> => {
  const archives = mkdtempSync(join(tmpdir(), 'archives-'));
  const entries = releases.map(({ mark, has = capabilities }, index): AwslcEntry => {
    const version = versionOf(index);
    const archive = packAwslc(version, [{ name: `aws-lc-${version}/mark`, content: `${mark}\n` }], has);
    const path = join(archives, archive.file);
    if (mark !== 'gone') writeFileSync(path, archive.bytes);
    const entry = awslcEntry(version, archive, 'https://nowhere.invalid/x');
    return { ...entry, capabilities: has, archive: { ...entry.archive, origins: [{ kind: 'path', path }] } };
  });
  // A version with a roster; nothing is fetched of it.
  const known = cpythonEntry('3.14.6', packCpython('3.14.6'), 'https://nowhere.invalid/x');
  const world = await makeWorld({
    suites: { 'test_small.py': suite },
    editCatalogue: ({ awslc, cpython }) => ({
      awslc: { ...awslc, entries },
      cpython: { ...cpython, entries: [known, ...cpython.entries] },
    }),
  });
  await teachTools(world);
  return {
    ...world,
    remove: () =>
      world.remove().finally(() => {
        execFileSync('rm', ['-rf', archives]);
      }),
  };
};

/** A real repository of small AWS-LCs. */
export interface Repository {
  readonly path: string;
  readonly git: (...args: readonly string[]) => string;
  /** Commits a release, and gives its id. */
  readonly commit: (title: string, release: Release) => string;
}

/** A real compiler includes what the probe names, and must not find the machine's OpenSSL. */
const otherHeaders = Object.fromEntries(
  [...probeProgram.matchAll(/<(openssl\/.*)>/g)].map(([, header = '']) => [`include/${header}`, '']),
);

/** Makes an empty repository in a directory, and lets a world use the real git. */
export const makeRepository = async (world: World): Promise<Repository> => {
  const path = join(world.directory, 'aws-lc');
  mkdirSync(path);
  await world.fakes.add({ git: { exec: '/usr/bin/git' } });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null' },
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  return {
    path,
    git,
    commit: (title, { mark, has }) => {
      const files = { ...otherHeaders, ...listAwslcFiles('5.90.0', has), mark: `${mark}\n`, title };
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), text);
      }
      git('add', '.');
      git('commit', '--quiet', '-m', title);
      return git('rev-parse', 'HEAD');
    },
  };
};
