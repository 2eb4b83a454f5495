import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchDocumentSchema } from '../../src/model/bench.ts';
import { cpuDocumentSchema } from '../../src/model/cpu-report.ts';
import { parseJson } from '../../src/model/json.ts';
import { resultDocumentSchema } from '../../src/model/result-document.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { makeWorld, prepend, type World } from '../rig/pipeline.ts';
import { systemPython } from '../rig/suites.ts';

/** Passes with the mask that it is told only, where the suites run as well as where the proof does. */
const suite = `import os, unittest

class SmallTests(unittest.TestCase):
    def test_mask(self):
        self.assertEqual(os.environ.get('OPENSSL_ia32cap'), os.environ.get('WANTED'))
`;

/** A proof whose words are those of a CPU with AVX-512, less what the environment takes away. */
const proveCpu = `'${systemPython}' -c '
import json, os, sys
expected = json.load(open(sys.argv[1]))
claims = [{"id": name, "title": name, "how": "as told", "expected": value, "found": value, "holds": True}
          for name, value in expected.items() if not name.startswith("$")]
masks = [int(part[1:], 16) for part in os.environ.get("OPENSSL_ia32cap", "~0x0:~0x0").split(":")]
words = [word & ~(masks[at // 2] >> 32 * (at % 2)) & 0xffffffff for at, word in enumerate([0x178bfbff, 0xfffa3203, 0xf1bf07ab, 0x405fc6])]
facts = [{"id": "cpu-words", "title": "words", "found": ["0x%08x" % word for word in words]},
         {"id": "cpu-symbols", "title": "names", "found": ["aes_gcm_encrypt_avx512", "aesni_gcm_encrypt"]}]
json.dump({"version": 1, "kind": "proof", "claims": claims, "facts": facts, "notChecked": []}, open(sys.argv[2], "w"))
' "$5" "$7"`;

let world: World;
beforeEach(async () => {
  world = await makeWorld({ suites: { 'test_small.py': suite } });
  await prepend(world, 'python', { args: '*prove.py*', script: proveCpu });
});
afterEach(() => world.remove());

const run = (...args: readonly string[]): Promise<CliResult> =>
  runCli([...args, '--catalogue', world.catalogue, '--store', world.store, '--python', '3.14', '--awslc', '5'], {
    env: { PATH: world.fakes.pathWithSystem },
  });

const machineSteps = async (): Promise<readonly string[]> =>
  (await world.summary()).filter((call) => /prove|driver/.test(call));

// Masks are named by architecture: the machine that this runs on must have rules.
describe.runIf(process.arch === 'x64')('inspect cpu', () => {
  it('says which code is taken by the words of the proof, and another with features masked', async () => {
    const told = await run('inspect', 'cpu', '--json');
    expect(told.exitCode).toBe(0);
    const document = parseJson(cpuDocumentSchema, told.stdout);
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    const [cell] = document.value.cells;
    expect(cell?.paths[0]).toMatchObject({
      path: 'VAES and VPCLMULQDQ on AVX-512',
      verified: { answer: 'not covered' },
    });
    expect(cell?.paths.find(({ primitive }) => primitive === 'ML-KEM')).toMatchObject({ path: null });

    const page = `${world.directory}/cpu.md`;
    const masked = await run('inspect', 'cpu', '--mask-cpu', 'avx512', '--markdown', page);
    expect(masked.exitCode).toBe(0);
    expect(masked.stdout).toContain('CPU, without avx512\n');
    expect(masked.stdout).toMatch(/AES-GCM +AES-NI and PCLMULQDQ with AVX, stitched\n/);
    expect(await readFile(page, 'utf8')).toContain('| AES-GCM | AES-NI and PCLMULQDQ with AVX, stitched |');
  });

  it('says that it does not know when the proof has nothing on the CPU', async () => {
    await prepend(world, 'python');
    const { stdout, exitCode } = await run('inspect', 'cpu');
    expect(exitCode).toBe(0);
    expect(stdout).toContain("AWS-LC's words are not known: told by the object");
  });
});

describe.runIf(process.arch === 'x64')('--mask-cpu', () => {
  it('reaches the suites, and makes a proof and results of its own: unmasked ones stay', async () => {
    const plain = await run('test', '--tests', 'test_small');
    expect([plain.exitCode, plain.stdout]).toEqual([0, expect.not.stringContaining('masked')]);
    const before = (await machineSteps()).length;
    const masked = await run('test', '--tests', 'test_small', '--mask-cpu', 'shani');
    // The variable is not what the suite wants, which is none.
    expect(masked.exitCode).toBe(3);
    expect(masked.stdout).toContain('  masked   shani\n');
    expect(masked.stdout).toContain("'~0x0000000000000000:~0x0000000020000000' != None");
    const { stdout: runs } = await runCli(['list', '--runs', '--store', world.store]);
    expect(runs.match(/^ {2}\d{8}T.*$/gm)).toHaveLength(2);
    expect(runs.match(/, without shani$/gm)).toHaveLength(1);
    const after = (await machineSteps()).length;
    expect(after).toBeGreaterThan(before);
    expect((await run('test', '--tests', 'test_small')).exitCode).toBe(0);
    expect((await machineSteps()).length).toBe(after);
  });

  it('is named beside the code that is taken, in the detailed proof, on Markdown pages and in JSON', async () => {
    const proved = await run('prove', '--mask-cpu', 'avx512', '--detailed');
    expect(proved.stdout).toContain('CPU, without avx512\n');
    expect(proved.stdout).toMatch(/AES-GCM +AES-NI and PCLMULQDQ with AVX, stitched\n/);
    const brief = await run('prove', '--mask-cpu', 'avx512');
    expect([brief.exitCode, brief.stdout]).toEqual([0, expect.not.stringContaining('AES-NI and PCLMULQDQ')]);
    for (const verb of [['prove'], ['test', '--tests', 'test_small']]) {
      const page = `${world.directory}/${verb[0] ?? ''}.md`;
      await run(...verb, '--mask-cpu', 'avx512', '--markdown', page);
      const text = await readFile(page, 'utf8');
      expect(text, verb[0]).toMatch(/^### AWS-LC \S+ on this x86\\_64 CPU, without avx512$/m);
      expect(text, verb[0]).toContain('| AES-GCM | AES-NI and PCLMULQDQ with AVX, stitched |');
    }
    const plain = parseJson(resultDocumentSchema, (await run('prove', '--json')).stdout);
    expect(plain.ok && plain.value.cells[0]?.cpu).toMatchObject({ masked: [], emulated: false });
  });

  it.each([
    [['--mask-cpu', 'avx9'], '--mask-cpu avx9: not one of avx512, '],
    [['--mask-cpu', 'avx512', '--compare-plain'], 'a plain run masks nothing'],
  ])('%j is refused before anything is done', async (args, text) => {
    const refused = await run('test', '--tests', 'test_small', ...args, '--json');
    expect([refused.exitCode, failureCodes(refused)]).toEqual([2, ['usage']]);
    expect(refused.stdout + refused.stderr).toContain(text);
    expect(await world.work()).toEqual([]);
  });
});

describe('bench crypto', () => {
  /** Stands for a measurement: OpenSSL takes twice as long for one thing, and another it cannot do. */
  const measured = `'${systemPython}' -c '
import json, sys
names = [subject["name"] for subject in json.load(open(sys.argv[1]))]
pairs = int(sys.argv[3])
case = lambda id, ns, unavailable: {"id": id, "group": "hashlib.sha256", "title": id, "bytes": 64, "samplesNs": ns, "counters": {}, "unavailable": unavailable}
json.dump({"version": 1, "kind": "bench-samples", "versions": {name: name + " 1" for name in names}, "core": 0, "pairs": pairs,
           "loadBefore": 0.5, "loadAfter": 1.0, "notCounted": "no perf",
           "cases": [case("one", {name: [200 if name == "OpenSSL" else 100] * pairs for name in names}, {}),
                     case("two", {"AWS-LC": [100] * pairs}, {"OpenSSL": "no such group"})]}, open(sys.argv[2], "w"))
' "$8" "\${10}" "$6"`;

  it('measures the Python and its twin, and writes ratios as text, JSON, Markdown and a chart', async () => {
    await prepend(world, 'python', { args: '*bench_crypto.py*', script: measured });
    const [page, chart] = [`${world.directory}/bench.md`, `${world.directory}/bench.svg`];
    const told = await run('bench', 'crypto', '--pairs', '7', '--json', '--markdown', page, '--svg', chart);
    expect(told.stderr).not.toContain('bug');
    expect(told.exitCode).toBe(0);
    const document = parseJson(benchDocumentSchema, told.stdout);
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    const [one, two] = document.value.cells[0]?.rows ?? [];
    expect(one?.ratios).toEqual([
      { subject: 'AWS-LC', against: 'OpenSSL', ratio: 2, low: 2, high: 2, verdict: 'faster' },
    ]);
    expect(two).toMatchObject({ ratios: [], unavailable: { OpenSSL: 'no such group' } });
    expect(await readFile(page, 'utf8')).toContain('2.00 times as fast');
    expect(await readFile(chart, 'utf8')).toMatch(/^<svg /);
    const text = (await run('bench', 'crypto')).stdout;
    expect(text).toContain('faster in 1, slower in 0, not separated in 0');
  });

  it.runIf(process.arch === 'x64')('measures the same cell built for another target, and no emulator', async () => {
    await prepend(world, 'python', { args: '*bench_crypto.py*', script: measured });
    const told = await run('bench', 'crypto', '--against', 'x86-64-v2', '--pairs', '7', '--json');
    expect(told.exitCode).toBe(0);
    const document = parseJson(benchDocumentSchema, told.stdout);
    if (!document.ok) throw new Error(JSON.stringify(document.error));
    expect(document.value.cells[0]?.rows[0]?.ratios[1]).toEqual({
      ...{ subject: 'AWS-LC', against: 'AWS-LC for x86-64-v2', ratio: 1, low: 1, high: 1 },
      verdict: 'not separated',
    });
    const same = await run('bench', 'crypto', '--against', 'generic', '--json');
    expect([same.exitCode, failureCodes(same)]).toEqual([2, ['usage']]);
  });

  it('says what a measurement ended with, and what it cannot take', async () => {
    await prepend(world, 'python', { args: '*bench_crypto.py*', script: 'echo "no such core" >&2; exit 1' });
    const failed = await run('bench', 'crypto', '--json');
    expect([failed.exitCode, failureCodes(failed)]).toEqual([1, ['command-failed']]);
    const refused = await run('bench', 'crypto', '--pairs', '2', '--json');
    expect([refused.exitCode, failureCodes(refused)]).toEqual([2, ['usage']]);
  });

  it('does not take half a measurement for a whole one', async () => {
    await prepend(world, 'python', { args: '*bench_crypto.py*', script: 'echo "{}" >"${10}"' });
    const wrong = await run('bench', 'crypto', '--json');
    expect(failureCodes(wrong)).toEqual(['record-invalid']);
  });
});
