import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A program that has this package as a dependency: installed from what `npm pack` packs. */
export interface Consumer {
  readonly directory: string;
  /** Where the package is installed: a copy, which a test may change. */
  readonly installed: string;
  readonly write: (name: string, text: string) => Promise<void>;
  /** Runs a file of it with Node, in a process of its own. */
  readonly run: (name: string, options?: ConsumerOptions) => Promise<ConsumerEnd>;
  /** What the type checker says of a file of it: nothing when all is well. */
  readonly check: (name: string) => Promise<string>;
}

export interface ConsumerOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The umask of the process; the one that this tool needs unless given. */
  readonly umask?: string;
}

export interface ConsumerEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Packs this package and installs it into a project in a directory, with the dependencies that are here. */
export const makeConsumer = async (directory: string): Promise<Consumer> => {
  const modules = join(directory, 'node_modules');
  const installed = join(modules, 'cpython-awslc');
  await mkdir(installed, { recursive: true });
  // Offline and without scripts: dist is what `npm run build` made.
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], {
    cwd: resolve('.'),
    maxBuffer: 64 * 1024 * 1024,
  });
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[]; // As npm documents it.
  await execute('tar', ['-xzf', join(directory, packed?.filename ?? ''), '--strip-components=1', '-C', installed]);
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), 'typescript']) {
    await symlink(resolve('node_modules', name), join(modules, name));
  }
  await cp(resolve('node_modules/@types/node'), join(modules, '@types', 'node'), { recursive: true });
  await symlink(resolve('node_modules/undici-types'), join(modules, 'undici-types'));
  await writeFile(join(directory, 'package.json'), '{ "type": "module", "private": true }\n');
  const run = (name: string, options: ConsumerOptions = {}): Promise<ConsumerEnd> =>
    new Promise((done, failed) => {
      const script = `umask ${options.umask ?? '022'} && exec "$0" "$@"`;
      const child = spawn('sh', ['-c', script, process.execPath, name], {
        cwd: directory,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: directory, CCACHE_DISABLE: '1', ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const text = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
      child.once('error', failed);
      child.once('close', (exitCode) => {
        done({ exitCode, ...text });
      });
    });
  return {
    directory,
    installed,
    write: (name, text) => writeFile(join(directory, name), text),
    run,
    check: async (name) => {
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
      const words = [...options, '--module', 'nodenext', '--target', 'es2022', '--types', 'node', name];
      const compiler = join(modules, 'typescript', 'bin', 'tsc');
      return execute(process.execPath, [compiler, ...words], { cwd: directory }).then(
        (ended) => ended.stdout,
        (error: unknown) => String((error as { readonly stdout?: string }).stdout ?? error), // As execFile rejects.
      );
    },
  };
};
