import { describe, expect, it } from 'vitest';
import type { When } from '../../../src/model/manifest.ts';
import { conditionsOverlap, evaluateWhen, type Facts } from '../../../src/verdict/conditions.ts';
import { plainFacts } from '../../rig/suite-runs.ts';

const fipsFacts: Facts = {
  ...plainFacts,
  cell: { ...plainFacts.cell, awslc: { version: '4.2.0', line: 'fips-2025', fips: true } },
};

describe('evaluateWhen', () => {
  it.each<[When, boolean]>([
    [{}, true],
    [{ python: '>=3.14.0 <3.15.0' }, true],
    [{ python: '<3.14.0' }, false],
    [{ awslc: '>=5.0.0' }, true],
    [{ awslc: '>=fips-4.0.0' }, false],
    [{ line: ['fips-2025', 'main'] }, true],
    [{ line: ['fips-2025'] }, false],
    [{ fips: false }, true],
    [{ fips: true }, false],
    [{ capability: { pha: false, pskTls13: false } }, true],
    [{ capability: { pha: false, pskTls13: true } }, false],
    [{ capability: { 'hash:sha256': true, 'hash:blake2b': false } }, true],
    [{ capability: { 'hash:sha256': false } }, false],
    [{ capability: { 'function:X509_VERIFY_PARAM_get_hostflags': true } }, true],
    [{ capability: { pskWithoutCertificate: true, 'hmac:sha256': true, 'hmac:sha3_256': false } }, true],
    [{ capability: { 'group:X25519': true, 'group:X25519MLKEM768': false } }, true],
    [{ capability: { 'macro:OPENSSL_NO_TLS_PHA': false } }, true],
    [{ capability: { 'macro:OPENSSL_NO_NOTHING': false } }, false],
    // Nothing is known of it: neither answer holds.
    [{ capability: { 'function:SSL_nothing': true } }, false],
    [{ capability: { 'function:SSL_nothing': false } }, false],
    [{ capability: { wings: false } }, false],
    [{ link: ['static'] }, true],
    [{ link: ['shared'] }, false],
    [{ arch: ['aarch64'] }, false],
    [{ libc: ['musl'] }, false],
    [{ optimization: ['quick', 'release'] }, true],
    [{ optimization: ['debug'] }, false],
    [{ emulated: true }, false],
    [{ network: false }, true],
    [{ ipv6: false }, false],
    [{ root: true }, false],
    [{ resourceMissing: 'cpu' }, true],
    [{ resourceEnabled: 'cpu' }, false],
    [{ system: ['linux'], freeThreading: false }, true],
    [{ system: ['win32'] }, false],
    [{ freeThreading: true }, false],
    [{ memoryLimitBelowBytes: 1 }, true],
    [{ timeZoneUtc: true, cLocale: true }, true],
    [{ timeZoneUtc: false }, false],
    [{ cLocale: false }, false],
    [{ python: '>=3.14.0', root: true }, false],
  ])('%j: %s', (when, expected) => {
    expect(evaluateWhen(when, plainFacts)).toBe(expected);
  });

  it('takes a fact that was never gathered for neither answer', () => {
    const { memoryLimitBytes, timeZoneUtc, cLocale, ...older } = plainFacts.environment;
    expect([memoryLimitBytes, timeZoneUtc, cLocale]).toEqual([0, true, true]);
    const facts = { ...plainFacts, environment: older };
    for (const when of [
      { timeZoneUtc: true },
      { timeZoneUtc: false },
      { cLocale: true },
      { memoryLimitBelowBytes: 9 },
    ]) {
      expect(evaluateWhen(when, facts)).toBe(false);
    }
  });

  it('gives a FIPS version its own sequence, and knows enabled resources', () => {
    expect(evaluateWhen({ awslc: '>=fips-4.1.0', fips: true }, fipsFacts)).toBe(true);
    expect(evaluateWhen({ awslc: '<5.0.0' }, fipsFacts)).toBe(false);
    const enabled = { ...plainFacts, environment: { ...plainFacts.environment, resources: ['cpu'] } };
    expect(evaluateWhen({ resourceMissing: 'cpu' }, enabled)).toBe(false);
    expect(evaluateWhen({ resourceEnabled: 'cpu' }, enabled)).toBe(true);
    expect(evaluateWhen(undefined, plainFacts)).toBe(true);
  });
});

it.each<[When, When, boolean]>([
  [{}, {}, true],
  [{ python: '<3.14.5' }, { python: '>=3.14.5' }, false],
  [{ python: '<3.14.5' }, { awslc: '>=5.0.0' }, true],
  [{ fips: true }, { fips: false }, false],
  [{ timeZoneUtc: true }, { timeZoneUtc: false }, false],
  [{ cLocale: true }, { cLocale: false }, false],
  [{ freeThreading: true }, { freeThreading: false }, false],
  [{ system: ['linux'] }, { system: ['win32'] }, false],
  [{ resourceEnabled: 'cpu' }, { resourceMissing: 'cpu' }, false],
  [{ resourceEnabled: 'cpu' }, { resourceMissing: 'network', resourceEnabled: 'gui' }, true],
  [{ arch: ['x86_64'] }, { arch: ['aarch64', 'x86_64'] }, true],
  [{ arch: ['x86_64'] }, { arch: ['aarch64'] }, false],
  [{ capability: { pha: true } }, { capability: { pha: false, pskTls13: true } }, false],
  [{ capability: { pha: true } }, { capability: { pskTls13: true } }, true],
])('conditionsOverlap(%j, %j): %s', (one, two, expected) => {
  expect(conditionsOverlap(one, two)).toBe(expected);
  expect(conditionsOverlap(two, one)).toBe(expected);
});
