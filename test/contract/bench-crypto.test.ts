import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { benchSamplesSchema, type BenchSamples } from '../../src/model/bench.ts';
import { parseJson } from '../../src/model/json.ts';
import { systemPython } from '../rig/suites.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bench-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

interface Counting {
  readonly bin: string;
  readonly cases: readonly string[];
}

/** Compares one Python with itself; `bin` stands in PATH before all else. */
const compare = ({ bin, cases }: Counting): BenchSamples => {
  const [subjects, out] = [join(directory, 'subjects.json'), join(directory, 'out.json')];
  writeFileSync(subjects, JSON.stringify([{ name: 'one', python: systemPython, environment: {} }]));
  execFileSync(
    systemPython,
    [
      ...[resolve('src/python/bench_crypto.py'), 'compare', '--pairs', '1', '--subjects', subjects, '--out', out],
      ...cases.flatMap((id) => ['--case', id]),
    ],
    { stdio: 'pipe', env: { PATH: bin } },
  );
  const read = parseJson(benchSamplesSchema, readFileSync(out, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
};

/** A directory with a program that runs what perf shall count, and writes these counts of `$count` operations. */
const makePerf = (instructions: string, cycles: string): string => {
  const script = `#!${systemPython}
import subprocess, sys
at = sys.argv.index("--")
subprocess.run(sys.argv[at + 1:], check=True)
count = int(sys.argv[-1]) if "--operations" in sys.argv else 0
with open(sys.argv[sys.argv.index("-o") + 1], "w") as file:
    file.write("# started\\n\\n%s,,instructions:u,1,100.00,,\\n%s,,cycles:u,1,100.00,,\\n" % (${instructions}, ${cycles}))
`;
  writeFileSync(join(directory, 'perf'), script, { mode: 0o755 });
  return directory;
};

it('counts one operation by what twice as many take beside', () => {
  const { cases, notCounted } = compare({
    bin: makePerf('5000 + 30 * count', '900 + 10 * count'),
    cases: ['sha256-64'],
  });
  expect(notCounted).toBeNull();
  expect(cases.map(({ id, counters }) => [id, counters])).toEqual([
    ['sha256-64', { one: { instructions: 30, cycles: 10 } }],
    ['import', {}],
  ]);
});

it.each([
  ['there is no perf', (): string => join(directory, 'empty'), 'no perf'],
  ['the CPU counts nothing', (): string => makePerf('"<not supported>"', '5'), 'perf says <not supported>'],
])('counts nothing where %s, and says so', (_, bin, reason) => {
  const { cases, notCounted } = compare({ bin: bin(), cases: ['sha256-64'] });
  expect(notCounted).toContain(reason);
  expect(cases[0]).toMatchObject({ id: 'sha256-64', counters: {} });
  expect(cases[0]?.samplesNs['one']).toHaveLength(1);
});

it('measures every case on each Python, in turns, and says what one of them cannot do', { timeout: 120_000 }, () => {
  const [subjects, out] = [join(directory, 'subjects.json'), join(directory, 'out.json')];
  // The second one is the same Python with OpenSSL's own mask, so that both can do the same.
  const environments = { one: {}, two: { OPENSSL_ia32cap: '~0x0:~0x20000000' } };
  writeFileSync(
    subjects,
    JSON.stringify(
      Object.entries(environments).map(([name, environment]) => ({ name, python: systemPython, environment })),
    ),
  );
  execFileSync(
    systemPython,
    [resolve('src/python/bench_crypto.py'), 'compare', '--pairs', '1', '--subjects', subjects, '--out', out],
    { stdio: 'pipe' },
  );
  const read = parseJson(benchSamplesSchema, readFileSync(out, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const { cases, versions, pairs } = read.value;
  expect([Object.keys(versions), pairs]).toEqual([['one', 'two'], 1]);
  const groups = new Set(cases.map(({ group }) => group));
  expect([...groups].sort()).toEqual([
    ...['HMAC-SHA256', 'PBKDF2-SHA256', 'TLS 1.2 handshake', 'TLS 1.2 records', 'TLS 1.3 handshake'],
    ...['hashlib.sha1', 'hashlib.sha256', 'hashlib.sha3_256', 'hashlib.sha512', 'import ssl, hashlib', 'scrypt'],
  ]);
  for (const { id, samplesNs, unavailable } of cases) {
    for (const name of ['one', 'two']) {
      expect(samplesNs[name]?.length === 1 || unavailable[name] !== undefined, `${id} on ${name}`).toBe(true);
    }
  }
  // Of what every Python can do nothing may be missing, or a case that never works would never be seen.
  const able = (id: string): boolean => cases.find((one) => one.id === id)?.samplesNs['one'] !== undefined;
  for (const id of ['sha256-64', 'scrypt', 'TLSv1_2-full-rsa2048', 'TLSv1_2-resumed', 'TLSv1_3-full-p256', 'import']) {
    expect(able(id), id).toBe(true);
  }
});
