import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/model/catalogue.ts';
import { compatReportSchema, type CompatReport } from '../../src/model/compat.ts';
import type { Failure } from '../../src/model/failure.ts';
import { parseJson } from '../../src/model/json.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { makeWorld, versions, type World, type WorldOptions } from '../rig/pipeline.ts';
import { packAwslc } from '../rig/pipeline-archives.ts';

let world: World;
afterEach(() => world.remove());

/** Says what gcc would of every name that the AWS-LC's `lacks` lists and no included header mentions. */
const gcc = `
LACKS=/dev/null; SHIMS=/dev/null; NEXT=
for WORD; do
  case $WORD in -I*) if [ -f "\${WORD#-I}/lacks" ]; then LACKS="\${WORD#-I}/lacks"; fi;; esac
  if [ "$NEXT" = include ]; then SHIMS="$SHIMS $WORD"; fi
  NEXT=\${WORD#-}
done
CODE=0
while read -r NAME; do
  if cat $SHIMS | grep -q "$NAME"; then continue; fi
  echo "/src/Modules/_ssl.c:7:3: error: implicit declaration of function '$NAME' [-Werror=implicit-function-declaration]" >&2
  CODE=1
done <"$LACKS"
exit $CODE`;

const lacking = (...names: readonly string[]): NonNullable<WorldOptions['awslc']> =>
  packAwslc(versions.awslc, [
    { name: `aws-lc-${versions.awslc}/include/lacks`, content: names.map((name) => `${name}\n`).join('') },
  ]);

/** Says in the catalogue that a function is missing: as the probe would find. */
const without =
  (name: string) =>
  (catalogue: Catalogue): Catalogue => ({
    ...catalogue,
    awslc: {
      ...catalogue.awslc,
      entries: catalogue.awslc.entries.map((entry) => ({
        ...entry,
        capabilities: {
          ...entry.capabilities,
          functions: { ...entry.capabilities.functions, [name]: false },
        },
      })),
    },
  });

const open = async (options: WorldOptions = {}): Promise<void> => {
  world = await makeWorld(options);
  await world.fakes.add({
    gcc: [
      { args: '--version', stdout: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
      {
        args: '-E -dD *',
        script: 'for WORD; do case $WORD in -I*) cat "${WORD#-I}/openssl/base.h";; esac; done',
      },
      { args: '-fsyntax-only *', script: gcc },
    ],
  });
};

const reportOf = ({ stdout }: CliResult): CompatReport => {
  const parsed = parseJson(compatReportSchema, stdout);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};
const syntaxChecks = async (): Promise<number> =>
  (await world.summary()).filter((call) => call === 'gcc -fsyntax-only').length;

describe('compat', () => {
  it('says what compiles as released, builds nothing, and asks the compiler once', async () => {
    await open();
    const first = await world.run(['compat']);
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringMatching(/^5\.90\.0 +ok$/m)]);
    expect(await world.summary()).toEqual(['gcc -fsyntax-only']);
    const again = await world.run(['compat', '--offline', '--json']);
    expect(again.exitCode).toBe(0);
    expect(reportOf(again).cells).toMatchObject([{ python: '3.14.90', awslc: '5.90.0', status: 'ok', missing: [] }]);
    expect(await syntaxChecks()).toBe(1);
    expect(await world.leftovers()).toEqual([]);
  });

  it('names what the released source misses and the shim that answers it', async () => {
    const name = 'X509_VERIFY_PARAM_get_hostflags';
    await open({ awslc: lacking(name), editCatalogue: without(name) });
    const result = await world.run(['compat', '--json']);
    expect(result.exitCode).toBe(0);
    const report = reportOf(result);
    expect(report.cells).toMatchObject([
      {
        status: 'ok',
        missing: [{ name, kind: 'function', where: '_ssl.c:7', answer: 'shim get-hostflags' }],
        shims: ['get-hostflags'],
        cannot: [],
      },
    ]);
    expect(report.shims).toMatchObject([
      { name: 'get-hostflags', loses: expect.stringContaining('nothing') as string },
    ]);
    expect(await syntaxChecks()).toBe(2);
  });

  it('ends with 1 and names what stays missing when a cell cannot compile', async () => {
    await open({ awslc: lacking('SSL_get_client_ciphers', 'SSL_new_thing') });
    const result = await world.run(['compat']);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('1 of 1 cell cannot be compiled: CPython 3.14.90 with AWS-LC 5.90.0.');
    expect(result.stderr).toContain('[cells-incompatible]');
    expect(result.stdout).toMatch(/^5\.90\.0 +no$/m);
    expect(result.stdout).toContain('    SSL_get_client_ciphers, SSL_new_thing\n');
    expect(result.stdout).toContain('such an AWS-LC does not keep the ciphers that the client offered');
    const report = reportOf(await world.run(['compat', '--json']));
    expect(report.cells[0]?.cannot.map(({ name, reason }) => [name, reason !== undefined])).toEqual([
      ['SSL_get_client_ciphers', true],
      ['SSL_new_thing', false],
    ]);
  });

  it('says which source cannot be had, and why, and ends with 1', async () => {
    await open({ awslcServer: [{ do: 'status', status: 404 }] });
    const result = await world.run(['compat', '--json']);
    expect([result.exitCode, reportOf(result).cells[0]?.status]).toEqual([1, 'not-fetched']);
    expect(reportOf(result).cells[0]?.reason).toContain('404');
    expect(result.stderr).toContain('[origins-exhausted]');
    const offline = await world.run(['compat', '--offline']);
    expect([offline.exitCode, offline.stdout]).toEqual([1, expect.stringContaining('Could not be fetched:')]);
    expect(offline.stderr).toContain('[offline]');
  });

  it('takes a directory, and calls it by its name', async () => {
    await open();
    const source = join(world.directory, 'my-cpython');
    await mkdir(join(source, 'Include'), { recursive: true });
    await writeFile(join(source, 'Include', 'patchlevel.h'), '#define PY_VERSION "3.14.91"\n');
    const result = await world.run(['compat', '--python', `path:${source}`, '--json']);
    expect([result.exitCode, reportOf(result).cells]).toMatchObject([0, [{ python: 'path:my-cpython', status: 'ok' }]]);
  });

  it('refuses a version that is not known, and --all beside a choice', async () => {
    await open();
    const unknown = await world.run(['compat', '--awslc', '9.9', '--json']);
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-version']]);
    const both = await world.run(['compat', '--all', '--json']);
    expect([both.exitCode, failureCodes(both)]).toEqual([2, ['usage']]);
  });
});

describe('the first step of a build', () => {
  it('ends at once what cannot compile, names the missing function, and compiles nothing', async () => {
    await open({ awslc: lacking('SSL_new_thing') });
    const result = await world.run(['build', '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['incompatible']]);
    const { failures } = JSON.parse(result.stdout) as { failures: readonly [Failure] };
    expect(failures[0]).toMatchObject({ missing: [{ name: 'SSL_new_thing', where: '_ssl.c:7' }] });
    expect(result.stderr).toContain('check that CPython 3.14.90 compiles against AWS-LC 5.90.0: it does not.');
    expect(result.stderr).toContain("SSL_new_thing (_ssl.c:7: implicit declaration of function 'SSL_new_thing')");
    expect((await world.summary()).filter((call) => !call.startsWith('gcc'))).toEqual([]);
  });

  it('tells a compiler that ended without naming an error from a missing function', async () => {
    await open();
    await world.fakes.add({
      gcc: [
        { args: '--version', stdout: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
        { args: '-fsyntax-only *', stderr: 'gcc: internal compiler problem\n', exitCode: 4 },
        { args: '-E -dD *', script: 'for WORD; do case $WORD in -I*) cat "${WORD#-I}/openssl/base.h";; esac; done' },
      ],
    });
    const result = await world.run(['build', '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([1, ['command-failed']]);
    expect(result.stderr).toContain('gcc: internal compiler problem');
    const table = await world.run(['compat', '--json']);
    expect([table.exitCode, reportOf(table).cells[0]?.status]).toEqual([1, 'failed']);
  });

  it('puts a shim in front of the modules, and says so in the plan and its script', async () => {
    const name = 'X509_VERIFY_PARAM_get_hostflags';
    await open({ awslc: lacking(name), editCatalogue: without(name) });
    const plan = await world.run(['plan']);
    expect(plan.stdout).toContain(
      `AWS-LC 5.90.0 lacks ${name}: shim get-hostflags stands in, and loses nothing that _ssl.c can see`,
    );
    const script = await world.run(['plan', '--format', 'sh']);
    expect(script.stdout).toContain('#define X509_VERIFY_PARAM_get_hostflags cpython_awslc_get_hostflags');
    expect(script.stdout.indexOf('-fsyntax-only')).toBeLessThan(script.stdout.indexOf('../src/configure'));
  });
});
