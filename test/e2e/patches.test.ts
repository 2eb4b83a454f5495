import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/model/json.ts';
import { patchReportSchema, type PatchReport } from '../../src/model/patch-check.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { copyPackage, type PackageCopy } from '../rig/package-copy.ts';
import { findStored, makeWorld, versions, type World } from '../rig/pipeline.ts';

// A copy of the package whose series 3.14 has a patch.
let directory: string;
let world: World;
let copy: PackageCopy;

const good = `Subject: say more
--- a/Include/patchlevel.h
+++ b/Include/patchlevel.h
@@ -1 +1,2 @@
 #define PY_VERSION "${versions.cpython}"
+/* patched */
`;
const range = { first: '3.14.0', last: '3.14.99' };

const writeSeries = async (text: string, changes: Record<string, unknown> = {}): Promise<void> => {
  const series = join(directory, 'package/patches/3.14');
  await mkdir(series, { recursive: true });
  await writeFile(join(series, '0001-say-more.patch'), text);
  const patch = {
    file: '0001-say-more.patch',
    sha256: createHash('sha256').update(text).digest('hex'),
    reason: 'a patch for this test',
    upstream: ['https://example.org/1'],
    versions: range,
    lacking: 'pha',
    answers: ['SSL_VERIFY_POST_HANDSHAKE'],
    built: [],
    ...changes,
  };
  await writeFile(join(series, 'series.json'), JSON.stringify({ version: 1, series: '3.14', patches: [patch] }));
};

const patches = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['patches', 'verify', '--catalogue', world.catalogue, ...args], {
    bin: copy.bin,
    env: { PATH: world.fakes.pathWithSystem },
  });

const verify = async (): Promise<{ result: CliResult; report: PatchReport }> => {
  const result = await patches('--json', '--store', world.store);
  const report = parseJson(patchReportSchema, result.stdout);
  if (!report.ok) throw new Error(`${JSON.stringify(report.error)} ${result.stderr}`);
  return { result, report: report.value };
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patches-'));
  world = await makeWorld();
  // The world has a fake of every tool; this one is to do what it does.
  await world.fakes.add({
    patch: [
      { args: '--version', stdout: 'GNU patch 2.7.6\n' },
      { script: 'PATH=/usr/local/bin:/usr/bin:/bin exec patch "$@"' },
    ],
  });
  copy = await copyPackage(join(directory, 'package'));
}, 60_000);
afterAll(async () => {
  await world.remove();
  await rm(directory, { recursive: true, force: true });
});

describe('patches', () => {
  it('are applied to a copy of the source, which is what is built; the source stays as it was', async () => {
    await writeSeries(good);
    const built = await world.run(['build'], { bin: copy.bin });
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr).toContain(`done   patch CPython ${versions.cpython}`);
    const patched = join(await findStored(world, 'patch-cpython'), 'tree/Include/patchlevel.h');
    expect(await readFile(patched, 'utf8')).toContain('/* patched */');
    const released = join(await findStored(world, 'unpack-cpython'), 'tree/Include/patchlevel.h');
    expect(await readFile(released, 'utf8')).not.toContain('patched');
  });

  it('that do not fit end the build at that step, with what patch said', async () => {
    await writeSeries(good.replace('#define PY_VERSION', '#define OTHER'));
    const built = await world.run(['build', '--json'], { bin: copy.bin });
    expect([built.exitCode, failureCodes(built)]).toEqual([1, ['command-failed']]);
    expect(built.stderr).toContain('Hunk #1 FAILED at 1');
  });

  it('verify: applies; at other lines; rejected, with exit code 1', async () => {
    await writeSeries(good);
    const fits = await verify();
    expect([fits.result.exitCode, fits.report.checks]).toMatchObject([
      0,
      [{ python: versions.cpython, patch: '3.14/0001-say-more.patch', state: 'applies', inRange: true }],
    ]);
    // The real series are listed as not tried: the world's catalogue has none of their versions.
    expect(fits.report.untried).toContain('3.13');
    await writeSeries(good.replace('#define PY_VERSION', '#define OTHER'));
    expect((await verify()).report.checks).toMatchObject([{ state: 'fuzz', hunks: [{ number: 1, rejected: false }] }]);
    await writeSeries(good.replace(' #define PY_VERSION', '-#define OTHER').replace('1 +1,2', '1 +1'));
    const misfit = await verify();
    expect(misfit.report.checks).toMatchObject([{ state: 'rejected', hunks: [{ number: 1, rejected: true }] }]);
    expect(misfit.result.exitCode).toBe(1);
    const text = await patches('--store', world.store);
    expect(text.stdout).toContain('3.14/0001-say-more.patch  rejected: #1 rejected');
    expect(text.stderr).toContain('[patch-misfit]');
    await writeSeries(good.replace('#define PY_VERSION', '#define OTHER'), {
      versions: { first: '3.14.0', last: '3.14.1' },
    });
    expect((await verify()).result.exitCode).toBe(0);
  });

  it('verify: a source that cannot be fetched is said, and an unknown version refused', async () => {
    await writeSeries(good);
    const text = await patches('--offline', '--store', join(directory, 'empty'));
    expect([text.exitCode, text.stdout]).toEqual([0, expect.stringContaining('the source could not be fetched')]);
    const unknown = await patches('--json', '--python', '3.8', '--store', world.store);
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-version']]);
  });

  it('are refused for a version out of their range, unless they are to be tried', async () => {
    await writeSeries(good, { versions: { first: '3.14.0', last: '3.14.1' } });
    const refused = await world.run(['plan', '--json'], { bin: copy.bin });
    expect([refused.exitCode, failureCodes(refused)]).toEqual([2, ['unsupported']]);
    expect(refused.stderr).toContain('--try-patches');
    const tried = await world.run(['plan', '--try-patches'], { bin: copy.bin });
    expect([tried.exitCode, tried.stdout]).toEqual([0, expect.stringContaining('patches/3.14/0001-say-more.patch')]);
  });

  it('whose text is not what series.json states stop everything', async () => {
    await writeSeries(good, { sha256: '0'.repeat(64) });
    const changed = await world.run(['plan', '--json'], { bin: copy.bin });
    expect([changed.exitCode, failureCodes(changed)]).toEqual([4, ['digest-mismatch']]);
    await writeFile(join(directory, 'package/patches/3.14/series.json'), '{"version": 1}');
    const broken = await world.run(['plan', '--json'], { bin: copy.bin });
    expect([broken.exitCode, failureCodes(broken)]).toEqual([2, ['file-invalid']]);
  });

  it('that are shipped say the licence of the file that they change', async () => {
    for (const series of ['3.9', '3.10', '3.11', '3.12', '3.13']) {
      const text = await readFile(`patches/${series}/0001-tls-without-pha.patch`, 'utf8');
      expect(text).toContain('Python Software Foundation License');
    }
    expect((await runCli(['patches', 'verify', '--help'])).stdout).toContain('cpython-awslc patches verify');
  });
});
