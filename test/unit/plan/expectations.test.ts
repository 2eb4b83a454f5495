import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Capabilities, Series } from '../../../src/model/catalogue.ts';
import type { Cell } from '../../../src/model/cell.ts';
import type { Host } from '../../../src/model/host.ts';
import type { Json } from '../../../src/model/json.ts';
import { isClaimId } from '../../../src/model/proof.ts';
import { defaultCatalogue, defaultCpuCode, defaultServices } from '../../rig/plan-inputs.ts';
import { buildExpectations, phaCaseCount, type ExpectationInput } from '../../../src/plan/expectations.ts';

const python = join(import.meta.dirname, '../../../src/python');

const hashes = [
  ...['md4', 'md5', 'ripemd160', 'sha1', 'sha224', 'sha256', 'sha384'],
  ...['sha3_224', 'sha3_256', 'sha3_384', 'sha3_512', 'sha512', 'sha512_224', 'sha512_256', 'shake_128', 'shake_256'],
];
const series: Series = {
  series: '3.14',
  pha: 'native',
  answers: [],
  builtinHashes: {
    md5: ['md5'],
    sha1: ['sha1'],
    sha2: ['sha224', 'sha256', 'sha384', 'sha512'],
    sha3: ['sha3_224', 'sha3_256', 'sha3_384', 'sha3_512', 'shake_128', 'shake_256'],
    blake2: ['blake2b', 'blake2s'],
  },
};
const host: Host = {
  platform: { arch: 'x86_64', libc: 'gnu' },
  tools: [],
  devPackages: [{ library: 'libffi', modules: ['_ctypes'] }],
  nativeFlags: [],
  cpuFeatures: [],
  machine: { cpu: '', cpuFeaturesDigest: '', kernel: '', libc: '', os: '', cores: 1, memoryBytes: 0 },
};

const input = (
  changes: {
    readonly python?: Cell['python'];
    readonly awslc?: Cell['awslc'];
    readonly link?: Cell['link'];
    readonly cipherString?: string;
    readonly capabilities?: Partial<Capabilities>;
  } = {},
): ExpectationInput => ({
  cell: {
    python: changes.python ?? { version: '3.14.6', series: '3.14' },
    awslc: changes.awslc ?? { version: '5.12.0', line: 'main', fips: false },
    platform: { arch: 'aarch64', libc: 'musl' },
    target: 'generic',
    link: changes.link ?? 'static',
    optimization: 'quick',
    cipherString: changes.cipherString ?? 'ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM',
  },
  capabilities: {
    pha: false,
    pskTls13: false,
    pskWithoutCertificate: true,
    hashes,
    hmacHashes: hashes.filter((name) => /^(md5|sha\d)/.test(name)),
    groups: ['P-256', 'X25519', 'X25519MLKEM768'],
    functions: {},
    macros: { OPENSSL_NO_EXTERNAL_PSK_TLS13: true },
    ...changes.capabilities,
  },
  series: { ...series, series: changes.python?.series ?? '3.14' },
  host,
  services: defaultServices,
  cpuCode: defaultCpuCode,
});

describe('buildExpectations', () => {
  it('is a claim for everything that prove.py can judge in the default cell', () => {
    expect(buildExpectations(input())).toMatchSnapshot();
  });

  it('names a claim in prove.py for each expectation', () => {
    const texts = [
      'capabilities',
      'cpu_code',
      'hash',
      'hijack',
      'identity',
      'modules',
      'pha',
      'sysconfig',
      'tls',
      'venv',
    ]
      .map((name) => readFileSync(join(python, `prove_${name}.py`), 'utf8'))
      .join('');
    const known = [...texts.matchAll(/Finding\(\s*"([a-z0-9-]+)"/g)].map((match) => match[1]);
    for (const id of Object.keys(buildExpectations(input())).filter(isClaimId)) expect(known).toContain(id);
  });

  it('knows how many cases test_no_pha.py has', () => {
    const text = readFileSync(join(python, 'test_no_pha.py'), 'utf8');
    expect(text.match(/^ {4}def test_/gm)).toHaveLength(phaCaseCount);
  });

  it('expects CPython’s own code for what AWS-LC lacks, and for nothing else', () => {
    const withoutShake = hashes.filter((name) => !name.startsWith('shake'));
    const expectations = buildExpectations(input({ capabilities: { hashes: withoutShake } }));
    expect(expectations['hash-providers']).toMatchObject({
      shake_128: '_sha3',
      shake_256: '_sha3',
      sha3_256: '_hashlib',
      blake2b: '_blake2',
    });
    expect(expectations['fallback-modules']).toEqual(['_blake2', '_hmac', '_sha3']);
    expect(expectations['hash-constructors']).not.toContain('shake_128');
    expect(expectations['known-digests']).toHaveProperty('shake_128', 'ok');
  });

  it('calls SHA-512/256 as AWS-LC does where that has no SHA-512/224', () => {
    const without = hashes.filter((name) => name !== 'sha512_224');
    const expectations = buildExpectations(input({ capabilities: { hashes: without, hmacHashes: ['sha512_256'] } }));
    expect(expectations['hash-providers']).toHaveProperty(['sha512-256'], '_hashlib');
    expect(expectations['hash-providers']).not.toHaveProperty('sha512_256');
    expect(expectations['known-hmacs']).toEqual({ 'sha512-256': 'ok' });
    expect(expectations['hmac-capability']).toHaveProperty(['sha512-256'], 'served');
  });

  it('names the two SHA-2 modules of 3.11 and older, as the catalogue has them', () => {
    const of = (version: string, name: string): unknown => {
      const shipped = defaultCatalogue.cpython.series.find((candidate) => candidate.series === version);
      if (shipped === undefined) throw new Error(`the catalogue has no series ${version}`);
      const given = input({
        python: { version: `${version}.2`, series: version },
        capabilities: { hashes: hashes.filter((hash) => hash !== name) },
      });
      return buildExpectations({ ...given, series: shipped })['hash-providers'];
    };
    expect(of('3.11', 'sha224')).toMatchObject({ sha224: '_sha256', sha256: '_hashlib' });
    expect(of('3.11', 'sha384')).toMatchObject({ sha384: '_sha512' });
    expect(of('3.12', 'sha384')).toMatchObject({ sha384: '_sha2' });
  });

  it('tells a FIPS version by its text and its mode', () => {
    const awslc = { version: 'fips-4.2.0', line: 'fips-2025', fips: true } as const;
    const expectations = buildExpectations(input({ awslc }));
    expect(expectations['openssl-version']).toBe('AWS-LC FIPS 4.2.0');
    expect(expectations['object-version']).toEqual(['AWS-LC FIPS 4.2.0']);
    expect(expectations['fips-mode']).toBe(1);
    // CPython's own HMAC code is taken out of a FIPS build, and said to be.
    expect(expectations['fallback-modules']).not.toContain('_hmac');
    expect(expectations).toHaveProperty('$removedModules._hmac');
  });

  it('expects of link mode shared what its symbols allow: a rival in front ends the process', () => {
    const awslc = { version: 'fips-4.2.0', line: 'fips-2025', fips: true } as const;
    const expectations = buildExpectations(input({ awslc, link: 'shared' }));
    expect(expectations).toMatchObject({
      $sharedLibraries: ['lib/awslc/libcrypto.so', 'lib/awslc/libssl.so'],
      'elf-needed': ['libssl.so', 'libcrypto.so'],
      'elf-search-paths': ['$ORIGIN/../../awslc'],
      'hijack-preload': "the process ends: FIPS module doesn't span expected symbol",
      // A library path cannot put one in front.
      'hijack-search-path': { 'openssl version': 'AWS-LC FIPS 4.2.0', sha256: true },
    });
  });

  it('does not ask HMAC with a hash that AWS-LC does not take for it', () => {
    const names = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
    const expectations = buildExpectations(input({ capabilities: { hmacHashes: names } }));
    expect(expectations['$hmacHashes']).toEqual(names);
    expect(Object.keys(expectations['hmac-providers'] ?? {})).toEqual(names);
  });

  it('holds what sources told against behaviour, where the series’ API can show it', () => {
    const of = (series: string, capabilities: Partial<Capabilities> = {}): ReturnType<typeof buildExpectations> =>
      buildExpectations(input({ python: { version: `${series}.0`, series }, capabilities }));
    expect(of('3.12')).not.toHaveProperty('tls-psk');
    expect(of('3.14')).not.toHaveProperty('tls-groups');
    expect(of('3.14')).not.toHaveProperty('tls-psk-flag');
    expect(of('3.14')).not.toHaveProperty('tls-ciphersuites');
    expect(of('3.15')).toHaveProperty(['tls-ciphersuites', 'TLS_AES_256_GCM_SHA384'], 'TLS_AES_256_GCM_SHA384');
    const old = { pskWithoutCertificate: false, hmacHashes: ['sha256'], groups: ['P-256'], macros: {} };
    expect(of('3.15', old)).toMatchObject({
      'hmac-capability': { sha256: 'served', sha3_256: 'refused', shake_128: 'refused' },
      'tls-psk': {
        'TLS 1.2, server with a certificate': 'TLSv1.2',
        'TLS 1.2, server without a certificate': 'refused',
      },
      'tls-psk-flag': true,
      'tls-groups': { 'P-256': 'TLSv1.3', X25519MLKEM768: 'refused' },
    });
    expect(of('3.15')).toMatchObject({ 'tls-psk-flag': false, 'tls-groups': { X25519MLKEM768: 'TLSv1.3' } });
  });

  it('leaves 3.9, which has no TLS floor of its own, without a claim to one', () => {
    const expectations = buildExpectations(input({ python: { version: '3.9.2', series: '3.9' } }));
    expect(expectations).not.toHaveProperty('tls-minimum');
    expect(expectations).not.toHaveProperty('tls-floor');
    expect(expectations).toHaveProperty('tls-versions');
    expect(expectations['hmac-providers']).toMatchObject({ sha256: '_hashlib.HASH' });
  });

  it("lets 3.9's hmac.py answer hmac.digest of the digests that EVP_MD_do_all leaves out, and of no other", () => {
    const names = ['md5', 'sha256', 'sha3_256', 'sha512'];
    const of = (series: string): Json | undefined =>
      buildExpectations(input({ python: { version: `${series}.2`, series }, capabilities: { hmacHashes: names } }))[
        'hmac-digest-providers'
      ];
    const served = { md5: '_hashlib.hmac_digest', sha256: '_hashlib.hmac_digest', sha512: '_hashlib.hmac_digest' };
    expect(of('3.9')).toEqual({ ...served, sha3_256: 'other code than _hashlib' });
    expect(of('3.10')).toEqual({ ...served, sha3_256: '_hashlib.hmac_digest' });
  });

  it('claims that no weak suite is on only of strings that promise it', () => {
    const claims = (cipherString: string): boolean => 'tls-weak-ciphers' in buildExpectations(input({ cipherString }));
    expect(claims('ECDH+AESGCM:!aNULL:!eNULL:!SHA1')).toBe(true);
    expect(claims('ECDH+AESGCM:!aNULL:!eNULL')).toBe(false);
    expect(claims('ECDH+AESGCM:RSA:!aNULL:!eNULL:!SHA1')).toBe(false);
    expect(claims('HIGH')).toBe(false);
  });
});
