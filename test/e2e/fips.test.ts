import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
/** The small world with its AWS-LC as a version of the FIPS line of 2025, which no certificate names. */
beforeEach(async () => {
  world = await makeWorld({
    editCatalogue: ({ awslc, cpython }) => ({
      cpython,
      awslc: {
        ...awslc,
        entries: awslc.entries.map((entry) => ({ ...entry, version: 'fips-4.90.0', line: 'fips-2025' as const })),
      },
    }),
  });
});
afterEach(() => world.remove());

/** A command with nothing but what is given here on its line. */
const run = (verb: string, ...args: readonly string[]): Promise<CliResult> => {
  const tests = verb === 'test' || verb === 'plan' ? ['--tests', 'test_small'] : [];
  const common = ['--catalogue', world.catalogue, '--store', world.store, '--python', '3.14'];
  return runCli([verb, ...common, ...tests, ...args], { env: { PATH: world.fakes.pathWithSystem } });
};

describe('--fips', () => {
  it('YEAR is the newest of that line where no certificate names one, and says so', async () => {
    const { stdout, exitCode } = await run('plan', '--fips', '2025', '--json');
    expect(exitCode).toBe(0);
    const plan = JSON.parse(stdout) as Plan; // Its schema holds: test/e2e/schema.test.ts.
    expect(plan.cells[0]?.cell.awslc).toEqual({ version: 'fips-4.90.0', line: 'fips-2025', fips: true });
    expect(plan.resolved).toContainEqual({
      axis: 'awslc',
      asked: 'fips-2025',
      got: 'fips-4.90.0',
      why: 'the newest of fips-2025 in the catalogue: no certificate names a version of fips-2025',
    });
    expect(plan.notes.join('\n')).toContain('FIPS mode refuses nothing');
  });

  it.each([
    [['--fips', '2023'], 'usage', '--fips 2023: not one of 2022, 2024, 2025.'],
    [['--fips', '--awslc', '5.12.0'], 'usage', '--fips with --awslc 5.12.0: one of them decides.'],
    [['--fips', '2022'], 'unknown-version', 'AWS-LC fips-2022'],
  ])('%j is refused as %s', async (args, code, text) => {
    const refused = await run('plan', ...args, '--json');
    expect([refused.exitCode, failureCodes(refused)]).toEqual([2, [code]]);
    expect(refused.stderr + refused.stdout).toContain(text.replace(/^AWS-LC /, ''));
  });

  it('needs Go: without it nothing is begun', async () => {
    await world.fakes.remove('go');
    const refused = await run('build', '--fips', '2025');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('go');
    expect(refused.stderr).toContain('doctor');
    expect(await world.work()).toEqual([]);
  });
});

describe('a FIPS build', () => {
  it('says which conditions of the nearest certificate it meets, in text, JSON and Markdown; never more', async () => {
    const markdown = `${world.directory}/out.md`;
    const told = await run('test', '--fips', '2025', '--markdown', markdown, '--json');
    expect(told.exitCode).toBe(0);
    const { cells } = JSON.parse(told.stdout) as {
      cells: readonly { certificate: { conditions: readonly { id: string; met: unknown }[] } }[];
    };
    expect(cells[0]?.certificate.conditions.map(({ id, met }) => [id, met])).toEqual([
      ['source', 'unknown'],
      ['version', false],
      ['steps', 'unknown'],
      ['compiler', 'unknown'],
      ['environment', 'unknown'],
      ['link', true],
    ]);
    const text = (await run('test', '--fips', '2025')).stdout;
    // This world's proof measures nothing, and a report does not pass over that.
    expect(text).toContain('  import   not measured\n');
    expect(JSON.parse(told.stdout)).toMatchObject({ cells: [{ importCost: null }] });
    expect(text).toMatch(/ {2}FIPS {5}conditions of a certificate that there is not yet \(.*\): 1 of 6 met\n/);
    const page = await readFile(markdown, 'utf8');
    expect(page).toContain('1 of 6 met');
    expect(page).toContain('| version | not met |');
    expect(text + told.stdout + page).not.toMatch(/validated/i);
  });

  it('says them on the page of a proof too, and of nothing that was not proved', async () => {
    const markdown = `${world.directory}/proof.md`;
    expect((await run('prove', '--fips', '2025', '--markdown', markdown)).exitCode).toBe(0);
    const page = await readFile(markdown, 'utf8');
    expect(page).toMatch(/^## .*fips-.*\n/);
    expect(page).toContain('1 of 6 met');
    expect(page).toContain('| version | not met |');
    expect(page).toContain('Cost of importing `_ssl`: not measured.');
    const fetched = await run('fetch', '--fips', '2025', '--json', '--store', `${world.directory}/another-store`);
    expect(fetched.exitCode).toBe(0);
    expect(fetched.stdout).toContain('"cells"');
    expect(fetched.stdout).not.toContain('"certificate"');
  });

  it('gives Go’s variables to AWS-LC’s build alone, and asks the module right after it was linked', async () => {
    expect((await run('build', '--fips', '2025')).exitCode).toBe(0);
    const work = await world.work();
    const withGo = work.filter(({ env }) => env['GOPROXY'] === 'off').map(({ program }) => program);
    expect([...new Set(withGo)]).toEqual(['cmake']);
    expect(work.filter(({ args }) => args.at(-2)?.includes('integrity_test') === true)).toHaveLength(1);
  });

  it('ends there when the module’s own tests fail', async () => {
    await prepend(world, 'python', {
      args: '*import _awslc_fips*',
      stderr: 'FIPS integrity test failed.\n',
      exitCode: 134,
    });
    const failed = await run('build', '--fips', '2025', '--json');
    expect([failed.exitCode, failureCodes(failed)]).toEqual([1, ['command-failed']]);
    expect(failed.stderr).toContain('FIPS integrity test failed.');
  });
});
