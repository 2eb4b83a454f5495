import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import type { ListReport } from '../../../src/model/inventory.ts';
import { formatBytes, formatCacheGc } from '../../../src/report/cache.ts';
import { formatAge, formatList } from '../../../src/report/list.ts';
import { formatPin } from '../../../src/report/pin.ts';

const nowMs = Date.parse('2026-11-24T08:00:00Z');
const plain = { color: false, nowMs };
const cell: Cell = {
  python: { version: '3.14.6', series: '3.14' },
  awslc: { version: '5.12.0', line: 'main', fips: false },
  platform: { arch: 'x86_64', libc: 'gnu' },
  target: 'generic',
  link: 'static',
  optimization: 'quick',
  cipherString: 'ECDH',
};
const head = { version: 1, kind: 'list' } as const;

describe('formatList', () => {
  it('lines up what is known, and says what a version lacks', () => {
    const capabilities = {
      pha: true,
      pskTls13: false,
      pskWithoutCertificate: false,
      hashes: ['md5'],
      hmacHashes: ['md5'],
      groups: ['X25519MLKEM768'],
      functions: { SSL_read_ex: false, BIO_x: true },
      macros: { OPENSSL_NO_TLS_PHA: false },
    };
    const report: ListReport = {
      ...head,
      cpython: [
        { version: '3.14.6', series: '3.14', sha256: '', origins: ['https', 'debian'], roster: true, manifest: true },
        { version: '3.15.0rc1', series: '3.15', sha256: '', origins: ['https'], roster: false, manifest: false },
      ],
      awslc: [{ version: '5.12.0', line: 'main', sha256: '', origins: ['crate'], capabilities }],
    };
    expect(formatList(report, plain)).toBe(`CPython
  3.14.6     from https, debian  expected results, roster
  3.15.0rc1  from https          no expected results, no roster: LOST is not judged

AWS-LC
  5.12.0  main  from crate  1 hash; lacks TLS 1.3 PSK, TLS 1.2 PSK without certificate, HMAC of SHA-3, SSL_read_ex
`);
  });

  it('tells runs that are as expected from those whose verdicts or steps are not', () => {
    const run = { startedAt: '2026-11-24T05:00:00Z', durationMs: 61_000, command: 'test', exitCode: 0 };
    const suites = { asExpected: false, cases: 1234, unexpected: { FAIL: 2, LOST: 1 } };
    const report: ListReport = {
      ...head,
      runs: [
        { ...run, id: 'c', cells: [{ cell, proof: { holds: 36, fails: 0 }, suites }] },
        {
          ...run,
          id: 'b',
          command: 'prove',
          masked: ['avx512'],
          exitCode: 5,
          cells: [{ cell, proof: { holds: 35, fails: 1 } }],
        },
        { ...run, id: 'a', command: 'build', cells: [{ cell }] },
      ],
      unreadableRuns: [{ id: 'z', reason: 'unfinished' }],
    };
    const text = 'CPython 3.14.6, AWS-LC 5.12.0, x86_64 gnu, generic, static, quick';
    expect(formatList(report, plain)).toBe(`Runs
  c  test   unexpected verdicts, 1 min 1 s, 3 h ago
    ${text}: 36 claims hold; 1,234 cases, 2 FAIL, 1 LOST
  b  prove  ended with exit code 5, 1 min 1 s, 3 h ago, without avx512
    ${text}: 1 claim fails
  a  build  as expected, 1 min 1 s, 3 h ago
    ${text}
  z  unfinished
`);
  });

  it('shows what the store holds', () => {
    const step = { kind: 'install', subject: 'cell', title: 'install', startedAt: '2026-11-20T08:00:00Z' } as const;
    const sizes = { durationMs: 5, treeBytes: 132_500_000, treeFiles: 9 };
    const steps = [{ ...step, ...sizes, key: 'a'.repeat(64) }];
    const store = { path: '/store', treeBytes: 132_500_000, steps, unreadable: ['b'.repeat(64)] };
    expect(formatList({ ...head, store }, plain)).toBe(`Store /store
  install  cell  132.5 MB  4 days ago  aaaaaaaaaaaa  install
  bbbbbbbbbbbb: its record cannot be read; \`cache verify\` takes it out
  1 finished step, 132.5 MB
`);
    expect(formatList({ ...head, runs: [] }, plain)).toBe('Runs\n  none\n');
  });
});

it.each([
  ['2026-11-24T07:59:30Z', 'just now'],
  ['2026-11-24T09:00:00Z', 'just now'],
  ['2026-11-24T06:01:00Z', '119 min ago'],
  ['2026-11-24T06:00:00Z', '2 h ago'],
  ['2026-11-22T08:00:00Z', '2 days ago'],
])('formatAge: %s is %s', (startedAt, text) => {
  expect(formatAge(startedAt, nowMs)).toBe(text);
});

it.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [999_949, '1.0 MB'],
  [9_737_619, '9.7 MB'],
  [1_300_000_000, '1.3 GB'],
])('formatBytes: %d is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('formatCacheGc says what was removed, kept and freed', () => {
  const gc = { version: 1, kind: 'cache-gc', store: '/store', freedBytes: 0 } as const;
  expect(formatCacheGc({ ...gc, removed: [], kept: [] })).toBe('nothing to remove\n');
  const removed = [{ path: 'tmp/x', what: 'left by a run that was ended', freedBytes: 5000 }];
  const kept = [{ path: 'work/y', why: 'in use by process 1' }];
  expect(formatCacheGc({ ...gc, removed, kept, freedBytes: 5000 })).toBe(
    'removed  tmp/x: left by a run that was ended, 5.0 kB\nkept     work/y: in use by process 1\n1 entry removed, 5.0 kB freed\n',
  );
});

it('formatPin tells which origins gave the bytes', () => {
  const archive = {
    file: 'Python-3.14.5.tar.xz',
    sha256: 'a'.repeat(64),
    sizeBytes: 23_900_000,
    format: 'tar.xz' as const,
    root: 'Python-3.14.5',
    origins: [],
  };
  const text = formatPin({
    version: 1,
    kind: 'pin',
    subject: 'cpython',
    entry: { version: '3.14.5', series: '3.14', archive },
    change: 'changed',
    origins: [
      { origin: 'https Python-3.14.5.tar.xz', gave: false, reason: 'HTTP 404' },
      { origin: 'debian python3.14', gave: true },
    ],
  });
  expect(text).toBe(`CPython 3.14.5: changed in the catalogue
  Python-3.14.5.tar.xz, 23.9 MB, sha256 ${'a'.repeat(64)}
  source tree Python-3.14.5
  https Python-3.14.5.tar.xz: gave nothing here: HTTP 404
  debian python3.14: gave these bytes
  its roster: cpython-awslc pin cpython 3.14.5 --roster
`);
});
