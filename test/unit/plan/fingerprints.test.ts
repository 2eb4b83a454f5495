import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../src/model/catalogue.ts';
import type { Host } from '../../../src/model/host.ts';
import { defaultCatalogue, fingerprintsOf, fixedHost, planWith, type PlanChanges } from '../../rig/plan-inputs.ts';

const base = fingerprintsOf(planWith());

/** Steps whose fingerprint a change changes, sorted. */
const changed = (changes: PlanChanges): readonly string[] => {
  const other = fingerprintsOf(planWith(changes));
  expect(Object.keys(other).sort()).toEqual(Object.keys(base).sort());
  return Object.keys(base)
    .filter((step) => base[step] !== other[step])
    .sort();
};

const withTool = (name: string, version: string): Host => ({
  ...fixedHost,
  tools: fixedHost.tools.map((tool) => (tool.name === name ? { name, version } : tool)),
});
type AwslcEntry = Catalogue['awslc']['entries'][number];
type CpythonEntry = Catalogue['cpython']['entries'][number];
const withAwslc = (edit: (entry: AwslcEntry) => AwslcEntry): Catalogue => ({
  ...defaultCatalogue,
  awslc: { ...defaultCatalogue.awslc, entries: defaultCatalogue.awslc.entries.map(edit) },
});
const withCpython = (edit: (entry: CpythonEntry) => CpythonEntry): Catalogue => ({
  ...defaultCatalogue,
  cpython: { ...defaultCatalogue.cpython, entries: defaultCatalogue.cpython.entries.map(edit) },
});

const awslcSource = [
  'fetch-awslc',
  'unpack-awslc',
  'probe-awslc',
  'configure-awslc',
  'probe-assembler',
  'compile-awslc',
];
const core = ['configure-core', 'compile-core'];
const cell = ['modules-crypto', 'install-cell', 'prove-cell', 'test-cell'];
const results = ['prove-cell', 'test-cell'];
const sorted = (...steps: readonly (readonly string[])[]): readonly string[] => steps.flat().sort();

describe('fingerprints', () => {
  it('are the same for the same input', () => {
    expect(fingerprintsOf(planWith())).toEqual(base);
  });

  it.each<[string, PlanChanges, readonly string[]]>([
    [
      'the C compiler',
      { host: withTool('gcc', 'gcc 13') },
      sorted(['probe-awslc', 'probe-compat', 'configure-awslc', 'probe-assembler', 'compile-awslc'], core, cell),
    ],
    [
      'cmake',
      { host: withTool('cmake', 'cmake version 3.99') },
      sorted(['configure-awslc', 'probe-assembler', 'compile-awslc'], cell),
    ],
    ['pkg-config, which AWS-LC does not use', { host: withTool('pkg-config', '2.0') }, sorted(core, cell)],
    [
      'a -dev package',
      {
        host: {
          ...fixedHost,
          devPackages: fixedHost.devPackages.map((item) =>
            item.library === 'zlib' ? { ...item, version: '2' } : item,
          ),
        },
      },
      sorted(core, cell),
    ],
    [
      'a -dev package that is not there any more',
      {
        host: {
          ...fixedHost,
          devPackages: fixedHost.devPackages.map(({ library, modules }) => ({ library, modules })),
        },
      },
      sorted(core, cell),
    ],
    ['the cipher string', { axes: { cipherString: ['ECDHE+AESGCM:!SHA1:!aNULL:!eNULL'] } }, sorted(core, cell)],
    ['the optimization', { axes: { optimization: ['release'] } }, sorted(core, cell)],
    [
      'the optimization, where AWS-LC has another build type',
      { axes: { optimization: ['debug'] } },
      sorted(['configure-awslc', 'probe-assembler', 'compile-awslc'], core, cell),
    ],
    [
      'the target',
      { axes: { target: ['native'] } },
      sorted(['configure-awslc', 'probe-assembler', 'compile-awslc'], core, cell),
    ],
    [
      'the digest of AWS-LC, with the same capabilities: the core stays',
      {
        catalogue: withAwslc((entry) =>
          entry.version === '5.12.0' ? { ...entry, archive: { ...entry.archive, sha256: 'a'.repeat(64) } } : entry,
        ),
      },
      sorted(awslcSource, ['probe-compat'], cell),
    ],
    [
      'a hash that AWS-LC lacks: the core’s built-in set changes too',
      {
        catalogue: withAwslc((entry) =>
          entry.version === '5.12.0'
            ? {
                ...entry,
                capabilities: {
                  ...entry.capabilities,
                  hashes: entry.capabilities.hashes.filter((name) => name !== 'sha3_256'),
                },
              }
            : entry,
        ),
      },
      sorted(['probe-awslc'], core, cell),
    ],
    [
      'a hash that no built-in module stands for: the core stays',
      {
        catalogue: withAwslc((entry) =>
          entry.version === '5.12.0'
            ? {
                ...entry,
                capabilities: {
                  ...entry.capabilities,
                  hashes: entry.capabilities.hashes.filter((name) => name !== 'ripemd160'),
                },
              }
            : entry,
        ),
      },
      sorted(['probe-awslc'], cell),
    ],
    [
      'the digest of CPython: AWS-LC stays',
      {
        catalogue: withCpython((entry) =>
          entry.version === '3.14.6' ? { ...entry, archive: { ...entry.archive, sha256: 'b'.repeat(64) } } : entry,
        ),
      },
      sorted(['fetch-cpython', 'unpack-cpython', 'probe-compat'], core, cell),
    ],
    ['which suites run', { test: { preset: 'quick', files: ['test_hmac'], match: [] } }, ['test-cell']],
    ['which cases run', { test: { preset: 'quick', files: ['test_ssl'], match: ['*psk*'] } }, ['test-cell']],
    ['the preset’s name, with the same files', { test: { preset: 'crypto', files: ['test_ssl'], match: [] } }, []],
    [
      'the proof’s own code',
      {
        assets: [
          { name: 'driver.py', sha256: '0'.repeat(64) },
          { name: 'prove.py', sha256: 'f'.repeat(64) },
        ],
      },
      results,
    ],
    [
      'where the bytes come from',
      {
        catalogue: withAwslc((entry) => ({
          ...entry,
          archive: { ...entry.archive, origins: [{ kind: 'https', url: 'https://elsewhere.example/x' }] },
        })),
      },
      [],
    ],
    ['a tool that nothing here uses', { host: withTool('git', 'git version 9') }, []],
    [
      'the machine: results are kept by it, fingerprints are not',
      { host: { ...fixedHost, machine: { ...fixedHost.machine, cpu: 'Another', kernel: '7.0' } } },
      [],
    ],
  ])('%s', (_, changes, expected) => {
    expect(changed(changes)).toEqual(expected);
  });
});
