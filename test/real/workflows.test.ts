import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);

/** The newest one when this was written; what it knows of events, contexts and actions is in it. */
const actionlint = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

const isThere = (program: string): Promise<boolean> =>
  execute(program, ['--version']).then(
    () => true,
    (error: unknown) => (error as { readonly code?: unknown }).code !== 'ENOENT', // As execFile rejects.
  );

/** What a linter finds: nothing, or all that it says. */
const lint = (program: string, args: readonly string[], cwd = '.'): Promise<string> =>
  execute(program, args, { cwd, maxBuffer: 16 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    (error: unknown) => String((error as { readonly stdout?: string }).stdout || error), // As above.
  );

const list = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.yml')).map((name) => join(directory, name));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'linters-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('workflows', () => {
  it('are as GitHub wants them, the inputs of the action included', async (context) => {
    // Where it is not and cannot be made, CI still has to see it.
    if (process.env['CI'] !== 'true' && !(await isThere('go'))) context.skip('neither CI nor Go');
    // Nothing of the machine's own Go settings but where modules come from and are kept.
    await execute('go', ['install', actionlint], { env: { ...process.env, GOBIN: directory, GOFLAGS: '' } });
    // It looks for actions of a repository only in one.
    const project = join(directory, 'project');
    await mkdir(project);
    await execute('git', ['init', '--quiet', project]);
    for (const name of ['.github', 'ci']) await cp(name, join(project, name), { recursive: true });
    const files = [...(await list('.github/workflows')), ...(await list('ci/github/templates'))];
    expect(files.length).toBeGreaterThan(3);
    const program = join(directory, 'actionlint');
    const run = (...names: readonly string[]): Promise<string> => lint(program, ['-no-color', ...names], project);
    expect(await run(...files)).toBe('');
    const wrong = '.github/workflows/wrong-input.yml';
    const job =
      '    runs-on: ubuntu-24.04\n    steps:\n      - uses: ./ci/github\n        with:\n          pythn: "3.14"\n';
    await writeFile(join(project, wrong), `on: push\njobs:\n  one:\n${job}`);
    expect(await run(wrong)).toContain('input "pythn" is not defined in action');
  });

  it('have scripts that shellcheck finds nothing in', async (context) => {
    if (!(await isThere('shellcheck'))) {
      if (process.env['CI'] !== 'true') context.skip('no shellcheck');
      await execute('apt-get', ['install', '-y', '--no-install-recommends', 'shellcheck'], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    }
    const text = await readFile('ci/github/action.yml', 'utf8');
    // Each is one line in single quotes, as the test of the generator holds.
    const scripts = [...text.matchAll(/^ {6}run: '(.*)'$/gm)].map(([, script]) => script ?? '');
    expect(scripts).toHaveLength(3);
    const file = join(directory, 'scripts.sh');
    await writeFile(file, `: "\${GITHUB_ACTION_PATH:?}"\n${scripts.join('\n')}\n`);
    expect(await lint('shellcheck', ['--shell=bash', file])).toBe('');
    expect(await lint('shellcheck', ['.ci/run'])).toBe('');
  });
});
