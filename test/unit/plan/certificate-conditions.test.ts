import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/model/certificate.ts';
import { judgeCertificate, splitOsName, type BuildFacts } from '../../../src/plan/certificate-conditions.ts';
import { certificateOf } from '../../rig/certificates.ts';

const zip = 'fe408fa438850786396faf79eba9ea4116c3802e60f3a95865f0dd2adb64c9f1';

/** A build to the letter of #5314's policy. */
const toTheLetter: BuildFacts = {
  version: 'fips-3.1.0',
  line: 'fips-2024',
  link: 'static',
  sourceSha256: zip,
  sourceKind: 'https',
  cmakeArguments: ['-S', '{awslc}', '-B', '{work}/build', '-DFIPS=1'],
  compiler: { name: 'gcc', version: '11.5.0', isPackaged: true },
  go: { version: '1.24.4', isPackaged: true },
  environment: {
    os: 'Amazon Linux',
    osVersion: '2023.6.20241010',
    arch: 'x86_64',
    cpuModel: 'Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz',
    hardware: 'c6i.metal',
  },
};

/** What this tool does by default, on Debian, from the crate. */
const ours: BuildFacts = {
  ...toTheLetter,
  sourceSha256: 'df6ea8e07e2df15b9f09f2ac5ee2977369b06d116f0c4eb5fa4ad443b73c7f53',
  sourceKind: 'crate',
  cmakeArguments: ['cmake', '-G', 'Ninja', '-S', '{awslc}', '-B', '{work}/build', '-DFIPS=1', '-DBUILD_TOOL=OFF'],
  targets: ['crypto', 'ssl'],
  compiler: { name: 'gcc', version: '12.2.0', isPackaged: true },
  go: { version: '1.26.0' },
  environment: { os: 'Debian GNU/Linux', osVersion: '12', arch: 'x86_64', cpuModel: 'AMD EPYC 7R13 Processor' },
};

const judge = (id: string, facts: BuildFacts): Readonly<Record<Condition['id'], Condition>> =>
  Object.fromEntries(
    judgeCertificate(certificateOf(id), facts).conditions.map((condition) => [condition.id, condition]),
  ) as Record<Condition['id'], Condition>; // The six ids, as the schema has them.
const met = (id: string, facts: BuildFacts): Readonly<Record<string, Condition['met']>> =>
  Object.fromEntries(Object.values(judge(id, facts)).map((condition) => [condition.id, condition.met]));
const all = { source: true, version: true, steps: true, compiler: true, environment: true, link: true };
const without = <K extends keyof BuildFacts>(facts: BuildFacts, name: K): Omit<BuildFacts, K> =>
  Object.fromEntries(Object.entries(facts).filter(([key]) => key !== name)) as unknown as Omit<BuildFacts, K>; // All but one.
const on = (environment: Partial<BuildFacts['environment']>): BuildFacts => ({
  ...toTheLetter,
  environment: { ...toTheLetter.environment, ...environment },
});

describe('judgeCertificate', () => {
  it('finds all six met by a build to the letter of the policy', () => {
    expect(met('5314', toTheLetter)).toEqual(all);
  });

  it('finds version and link mode met by a build from the crate on Debian, and says what else differs', () => {
    const found = judge('5314', ours);
    expect(met('5314', ours)).toEqual({
      source: false,
      version: true,
      steps: false,
      compiler: false,
      environment: false,
      link: true,
    });
    expect(found.source).toEqual({
      id: 'source',
      met: false,
      expected: `AWS-LC-FIPS-3.1.0.zip, sha256 ${zip}`,
      found: `crate, sha256 ${ours.sourceSha256 ?? ''}`,
    });
    expect(found.steps.expected).toBe('cmake -DFIPS=1, make, and nothing else');
    expect(found.steps.found).toBe('generator Ninja, added -DBUILD_TOOL=OFF, only the targets crypto, ssl');
    expect(found.compiler).toMatchObject({
      expected: 'compiler of yum group "Development Tools", Go of yum package golang, on Amazon Linux 2023',
      found: 'gcc 12.2.0, Go 1.26.0, on Debian GNU/Linux 12',
    });
    expect(found.environment.found).toBe(
      'Debian GNU/Linux 12 on a machine of unknown type (x86_64, AMD EPYC 7R13 Processor)',
    );
  });

  it('takes no archive but the one that the policy names for the source, whatever its version', () => {
    const tree = without(toTheLetter, 'sourceSha256');
    expect(judge('5314', { ...tree, sourceKind: 'git' }).source).toMatchObject({
      met: false,
      found: 'git, no archive',
    });
    expect(judge('5314', { ...toTheLetter, sourceSha256: 'f'.repeat(64) }).source.met).toBe(false);
  });

  it.each([
    ['fips-3.0.0', false],
    ['fips-3.1.0', true],
    ['fips-3.1.01', false],
    ['fips-3.3.0', false],
  ])('holds the version against the one named: %s is %s', (version, expected) => {
    expect(judge('5314', { ...toTheLetter, version }).version.met).toBe(expected);
  });

  it('holds the steps against the link mode of the certificate', () => {
    expect(judge('5298', toTheLetter)).toMatchObject({
      steps: { met: false, found: 'left out -DBUILD_SHARED_LIBS=1' },
      link: { met: false, expected: 'shared', found: 'static' },
    });
    const shared = { ...toTheLetter, link: 'shared', cmakeArguments: ['-DFIPS=1', '-DBUILD_SHARED_LIBS=1'] } as const;
    expect(met('5298', shared)).toEqual(all);
  });

  it('takes the steps that are for the operating system of the build', () => {
    const ubuntu = { ...toTheLetter, environment: { ...toTheLetter.environment, os: 'Ubuntu', osVersion: '22.04.5' } };
    expect(judge('4816', ubuntu).steps.found).toBe('left out -DGO_EXECUTABLE=/usr/local/go/bin/go');
    const go = ['-GUnix Makefiles', '-DFIPS=1', '-DGO_EXECUTABLE=/usr/local/go/bin/go'];
    expect(judge('4816', { ...ubuntu, cmakeArguments: go }).steps.met).toBe(true);
  });

  it.each<[string, Condition['met'], Partial<BuildFacts['environment']>]>([
    ['another machine type with the same processor', false, { hardware: 'c6i.large' }],
    ['a machine whose type is not known', 'unknown', { hardware: undefined } as object],
    ['a processor that is not known', 'unknown', { cpuModel: undefined } as object],
    ['another processor', false, { cpuModel: 'Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz' }],
    ['an older system', false, { osVersion: '2' }],
    ['another system', false, { os: 'Ubuntu', osVersion: '24.04' }],
    [
      'a Graviton4 by its core',
      true,
      { arch: 'aarch64', cpuModel: 'implementer 0x41 part 0xd4f variant 0x0', hardware: 'r8g.metal-24xl' },
    ],
    [
      'a Graviton3 by its core',
      false,
      { arch: 'aarch64', cpuModel: 'implementer 0x41 part 0xd40 variant 0x1', hardware: 'c7g.metal' },
    ],
  ])('holds the environment against those tested: %s is %s', (_, expected, environment) => {
    expect(judge('5314', on(environment)).environment.met).toBe(expected);
  });

  it('holds compiler and Go against fixed versions, and against the packaged ones where none is fixed', () => {
    const gcc7 = { ...on({ os: 'Ubuntu', osVersion: '20.04.6' }), compiler: { name: 'gcc', version: '7.5.0' } };
    expect(judge('4631', { ...gcc7, go: { version: '1.12.7' } }).compiler.met).toBe(true);
    expect(judge('4631', { ...gcc7, go: { version: '1.13' } }).compiler.met).toBe(false);
    expect(judge('4631', without(gcc7, 'go')).compiler.met).toBe('unknown');
    const clang = { ...gcc7, go: { version: '1.12.7' }, compiler: { name: 'clang', version: '7.0' } };
    expect(judge('4631', clang).compiler.met).toBe(false);
    expect(judge('5314', { ...toTheLetter, compiler: { name: 'gcc', version: '11.5.0' } }).compiler.met).toBe(
      'unknown',
    );
    const own = { name: 'gcc', version: '14.2.0', isPackaged: false };
    expect(judge('5314', { ...toTheLetter, compiler: own }).compiler.met).toBe(false);
  });

  it('does not know what a module in process will ask for', () => {
    expect(met('v4.0-static', { ...ours, version: 'fips-4.2.0', line: 'fips-2025' })).toEqual({
      source: 'unknown',
      version: false,
      steps: 'unknown',
      compiler: 'unknown',
      environment: 'unknown',
      link: true,
    });
    expect(judge('v4.0-static', { ...ours, version: 'fips-4.0.0' }).version.met).toBe(true);
  });
});

it.each([
  ['Debian GNU/Linux 12 (bookworm)', 'Debian GNU/Linux', '12'],
  ['Amazon Linux 2023.6.20241010', 'Amazon Linux', '2023.6.20241010'],
  ['Ubuntu 22.04.5 LTS', 'Ubuntu', '22.04.5'],
  ['Arch Linux', 'Arch Linux', ''],
])('splitOsName splits %s', (prettyName, os, osVersion) => {
  expect(splitOsName(prettyName)).toEqual({ os, osVersion });
});
