import { mkdir, mkdtemp, readdir, readlink, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';
import { removeTree } from './files.ts';
import { runPrivileged } from './packages-run.ts';

export interface SysrootRequest {
  /** The machine in Debian's words: `arm64`. */
  readonly architecture: string;
  /** Packages whose files, and whose dependencies', the sysroot gets. */
  readonly packages: readonly string[];
  /** Where it shall be; it and a scratch directory beside it are made. */
  readonly into: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** What nobody compiles or runs with. */
const unneeded = ['bin', 'sbin', 'etc', 'var', 'usr/bin', 'usr/sbin', 'usr/libexec'];

/** apt's settings: the machine's own sources, another architecture, and nothing of the machine's state read or written. */
const aptConfiguration = (state: string, architecture: string): string => `APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Install-Recommends "false";
Dir::State "${state}/state";
Dir::State::status "${state}/status";
Dir::Cache "${state}/cache";
Debug::NoLocking "true";
`;

/** Makes links that lead to the root of a system lead to the same file below a directory. */
const makeLinksRelative = async (root: string, directory: string): Promise<void> => {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await makeLinksRelative(root, path);
    if (!entry.isSymbolicLink()) continue;
    const target = await readlink(path);
    if (!target.startsWith('/')) continue;
    await unlink(path);
    await symlink(relative(dirname(path), join(root, target)), path);
  }
};

/**
 * Fills a directory with the libraries and headers of another machine from Debian's packages, by the machine's own sources
 * and as an ordinary user: nothing is installed, no architecture is added to the machine, and no package of it changes.
 * Failures: those of `runPrivileged`, `io-failed`.
 */
export const makeSysroot = async (request: SysrootRequest): Promise<Result<void>> => {
  const { into, env, signal } = request;
  const run = (argv: readonly string[]): Promise<Result<void>> => runPrivileged(argv, { env, signal, canAsk: false });
  let scratch: string | undefined;
  try {
    await mkdir(dirname(into), { recursive: true });
    scratch = await mkdtemp(`${into}-`);
    const made = join(scratch, 'sysroot');
    const debs = join(scratch, 'cache/archives');
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'sysroot']) {
      await mkdir(join(scratch, path), { recursive: true });
    }
    const settings = join(scratch, 'apt.conf');
    await writeFile(settings, aptConfiguration(scratch, request.architecture));
    await writeFile(join(scratch, 'status'), '');
    const apt = ['apt-get', '-c', settings];
    for (const argv of [
      [...apt, 'update'],
      [...apt, 'install', '-y', '--download-only', ...request.packages],
    ]) {
      const ran = await run(argv);
      if (!ran.ok) return ran;
    }
    for (const name of (await readdir(debs)).filter((file) => file.endsWith('.deb')).sort()) {
      const unpacked = await run(['dpkg-deb', '-x', join(debs, name), made]);
      if (!unpacked.ok) return unpacked;
    }
    for (const path of unneeded) await removeTree(join(made, path));
    await removeShared(join(made, 'usr/share'));
    await makeLinksRelative(made, made);
    await removeTree(into);
    await rename(made, into);
    return ok(undefined);
  } catch (error) {
    return fail(ioFailure(error, into, 'make'));
  } finally {
    if (scratch !== undefined) await removeTree(scratch);
  }
};

/** Of what is for every machine only pkg-config's files are needed. */
const removeShared = async (path: string): Promise<void> => {
  for (const name of await readdir(path).catch(() => [])) if (name !== 'pkgconfig') await removeTree(join(path, name));
};
