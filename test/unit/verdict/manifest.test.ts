import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { EnvironmentClass, Manifest } from '../../../src/model/manifest.ts';
import type { EnvironmentFacts } from '../../../src/model/suite.ts';
import { checkManifest, parseEnvironment, parseManifest } from '../../../src/verdict/manifest.ts';
import { judgePlain, listVerdicts, makeManifest, makeRun, plainFacts, tellFile } from '../../rig/suite-runs.ts';

const known = {
  hashes: ['sha256', 'sha3_256'],
  functions: ['SSL_read_ex'],
  groups: ['X25519'],
  macros: ['OPENSSL_NO_TLS_PHA'],
};
const entry = { id: 'test.test_ssl.A.test_x', expect: 'fail', match: 'x' } as const;
const check = (manifest: Manifest): unknown => checkManifest(manifest, known);

describe('checkManifest', () => {
  it('finds nothing wrong with a good manifest', () => {
    const manifest = makeManifest(
      [
        { ...entry, when: { python: '<3.14.5', capability: { pha: false, 'hash:sha256': true } } },
        { ...entry, expect: 'skip', when: { python: '>=3.14.5' } },
        { ...entry, id: 'test.test_ssl.A.*', match: 'y' },
        { ...entry, when: { line: ['main'], link: ['static'], libc: ['musl'], resourceMissing: 'walltime' } },
      ],
      [{ name: 'windows', pattern: '^Windows only$', reason: 'about Windows' }],
    );
    // The pattern entry expects `fail` of a case that another expects to skip from 3.14.5 on: that one contradicts.
    expect(check(manifest)).toEqual([
      {
        path: '$.entries[2]',
        message:
          'expects fail, but $.entries[1] (test.test_ssl.A.test_x) expects skip of the same case under the same conditions',
      },
      {
        path: '$.entries[3]',
        message:
          'expects fail, but $.entries[1] (test.test_ssl.A.test_x) expects skip of the same case under the same conditions',
      },
    ]);
    expect(check({ ...manifest, entries: manifest.entries.slice(0, 2) })).toEqual([]);
  });

  it('names every problem at once, with its path and what was probably meant', () => {
    const manifest = makeManifest(
      [
        entry,
        { ...entry },
        { ...entry, expect: 'flaky', match: 'z' },
        {
          ...entry,
          id: 'test.b',
          when: {
            python: '>=3.13.0 <3.13.9',
            awslc: '>=5.x',
            line: ['man'],
            link: [],
            optimization: ['quik'],
            resourceMissing: 'waltime',
            capability: {
              pskTLS13: true,
              'hash:sha3_255': true,
              'hahs:sha256': true,
              'function:SSL_write_ex': false,
              'hmac:sha25': true,
              'group:x25519': true,
              'macro:OPENSSL_NO_TSL_PHA': true,
            },
          },
        },
      ],
      [
        { name: 'a', pattern: '(', reason: 'cannot be compiled' },
        { name: 'a', pattern: '.*', reason: 'matches everything' },
      ],
    );
    expect(check(manifest)).toEqual([
      { path: '$.environment[0].pattern', message: expect.stringMatching(/^not a regular expression: /) as string },
      { path: '$.environment[1].name', message: 'the same name as $.environment[0]' },
      { path: '$.environment[1].pattern', message: 'matches every reason: anchor it to what it explains' },
      { path: '$.entries[1]', message: 'the same entry as $.entries[0]' },
      { path: '$.entries[2]', message: expect.stringContaining('expects flaky, but $.entries[0]') as string },
      { path: '$.entries[2]', message: expect.stringContaining('expects flaky, but $.entries[1]') as string },
      { path: '$.entries[3].when.python', message: 'no version of series 3.14 is in ">=3.13.0 <3.13.9"' },
      { path: '$.entries[3].when.awslc', message: '">=5.x" is not a comparison with a version, as >=3.14.0' },
      {
        path: '$.entries[3].when.capability["pskTLS13"]',
        message: 'unknown capability "pskTLS13"',
        suggestion: 'pskTls13',
      },
      {
        path: '$.entries[3].when.capability["hash:sha3_255"]',
        message: 'unknown hash "sha3_255"',
        suggestion: 'sha3_256',
      },
      {
        path: '$.entries[3].when.capability["hahs:sha256"]',
        message: 'unknown capability "hahs:sha256"',
        suggestion: 'hash:sha256',
      },
      { path: '$.entries[3].when.capability["function:SSL_write_ex"]', message: 'unknown function "SSL_write_ex"' },
      { path: '$.entries[3].when.capability["hmac:sha25"]', message: 'unknown hmac "sha25"', suggestion: 'sha256' },
      { path: '$.entries[3].when.capability["group:x25519"]', message: 'unknown group "x25519"', suggestion: 'X25519' },
      {
        path: '$.entries[3].when.capability["macro:OPENSSL_NO_TSL_PHA"]',
        message: 'unknown macro "OPENSSL_NO_TSL_PHA"',
        suggestion: 'OPENSSL_NO_TLS_PHA',
      },
      { path: '$.entries[3].when.line[0]', message: 'unknown line "man"', suggestion: 'main' },
      { path: '$.entries[3].when.link', message: 'an empty list never holds' },
      { path: '$.entries[3].when.optimization[0]', message: 'unknown optimization "quik"', suggestion: 'quick' },
      {
        path: '$.entries[3].when.resourceMissing',
        message: 'unknown regrtest resource "waltime"',
        suggestion: 'walltime',
      },
    ]);
  });
});

describe('parseManifest', () => {
  it('fails with file-invalid for text, schema and content', () => {
    const problemsOf = (text: string): unknown => {
      const parsed = parseManifest(text, 'x.json', []);
      return parsed.ok || parsed.error.code !== 'file-invalid' ? parsed : parsed.error.problems.map(({ path }) => path);
    };
    expect(problemsOf('{')).toEqual(['$']);
    const manifest = makeManifest([entry]);
    expect(problemsOf(JSON.stringify({ ...manifest, entries: [{ ...entry, reason: 'short', evidence: '' }] }))).toEqual(
      ['$.entries[0].reason', '$.entries[0].evidence'],
    );
    expect(problemsOf(JSON.stringify({ ...manifest, entries: [...manifest.entries, ...manifest.entries] }))).toEqual([
      '$.entries[1]',
    ]);
  });

  it('refuses an entry whose reason a draft left open, and names it', () => {
    const drafted = makeManifest([entry, { ...entry, id: 'test.b', reason: '' }]);
    const parsed = parseManifest(JSON.stringify(drafted), '3.14.json', []);
    expect(parsed).toMatchObject({
      error: {
        code: 'file-invalid',
        problems: [
          { path: '$.entries[1].reason', message: expect.stringMatching(/^test\.b: needs a reason/) as string },
        ],
      },
    });
  });

  it('adds the shared classes after its own, and refuses a name that is taken', () => {
    const [own, shared] = ['own', 'shared'].map((name) => ({ name, pattern: `^${name}$`, reason: 'about something' }));
    if (own === undefined || shared === undefined) throw new Error('two classes were made');
    const text = JSON.stringify(makeManifest([], [own]));
    const parsed = parseManifest(text, 'x.json', [shared]);
    expect(parsed.ok && parsed.value.environment.map(({ name }) => name)).toEqual(['own', 'shared']);
    expect(parseManifest(text, 'x.json', [own])).toMatchObject({
      error: {
        problems: [{ path: '$.environment[0].name', message: expect.stringContaining('shared class') as string }],
      },
    });
  });
});

describe('parseEnvironment', () => {
  it('checks what it can without a series', () => {
    const wrong = {
      version: 1,
      environment: [{ name: 'a', pattern: '', when: { resourceMissing: 'memoy' }, reason: 'about something' }],
    };
    expect(parseEnvironment(JSON.stringify(wrong), 'environment.json')).toMatchObject({
      error: { problems: [{ path: '$.environment[0].pattern' }, { path: '$.environment[0].when.resourceMissing' }] },
    });
  });
});

const readShared = async (): Promise<readonly EnvironmentClass[]> => {
  const file = new URL('../../../recipes/manifests/environment.json', import.meta.url);
  const parsed = parseEnvironment(await readFile(file, 'utf8'), 'environment.json');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error, null, 2));
  return parsed.value;
};

describe('recipes/manifests/environment.json', () => {
  const judged = async (reason: string, environment: Partial<EnvironmentFacts>): Promise<string[]> =>
    listVerdicts(
      judgePlain({
        runs: [makeRun('first', tellFile('test_x', [{ id: 'test.test_x.A.test_a', outcome: 'skip', reason }]))],
        manifest: makeManifest([], [...(await readShared())]),
        facts: { ...plainFacts, environment: { ...plainFacts.environment, ...environment } },
      }),
    );

  it.each<[string, Partial<EnvironmentFacts>]>([
    ['not enough memory: 4.0G minimum needed', { memoryLimitBytes: 8 * 2 ** 30 }],
    ["resource 'cpu' is not enabled", { resources: ['cpu'] }],
    ['local time needs to be different from UTC', { timeZoneUtc: false }],
    ['network resource disabled', { network: true, resources: ['network'] }],
    ['test needs root privilege', { root: true }],
    ["resource 'urlfetch' is not enabled", { resources: ['urlfetch'] }],
    ['locale-specific month name needs to be different from C locale', { cLocale: false }],
  ])('explains %j, and not with %j', async (reason, otherwise) => {
    expect(await judged(reason, {})).toEqual(['SKIP test.test_x.A.test_a']);
    expect(await judged(reason, otherwise)).toEqual(['NEWSKIP test.test_x.A.test_a']);
  });

  it.each<[string, Partial<EnvironmentFacts>]>([
    ['Could not retrieve http://www.pythontest.net/hashlib/blake2b.txt', { resources: ['urlfetch'] }],
    ['test needs non-root account', { root: true }],
    ['test needs non-root account and more than one user', { root: true }],
  ])('explains %j with %j, and not without', async (reason, needed) => {
    expect(await judged(reason, needed)).toEqual(['SKIP test.test_x.A.test_a']);
    expect(await judged(reason, {})).toEqual(['NEWSKIP test.test_x.A.test_a']);
  });

  it('names for every class the fact that it depends on, but for what is switched off on every machine', async () => {
    const without = (await readShared()).filter(
      ({ when, unrecorded }) => unrecorded === undefined && Object.keys(when ?? {}).length === 0,
    );
    expect(without.map(({ name }) => name)).toEqual(['switched-off']);
  });

  it.each(['IPv6 not enabled', 'IPv6 not available', 'IPv6 support required'])(
    'explains %j where there is no IPv6 only',
    async (reason) => {
      expect(await judged(reason, { ipv6: false })).toEqual(['SKIP test.test_x.A.test_a']);
      expect(await judged(reason, {})).toEqual(['NEWSKIP test.test_x.A.test_a']);
    },
  );
});

describe('recipes/manifests/3.14.json', () => {
  const load = async (): Promise<Manifest> => {
    const file = new URL('../../../recipes/manifests/3.14.json', import.meta.url);
    const parsed = parseManifest(await readFile(file, 'utf8'), '3.14.json', await readShared());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error, null, 2));
    return parsed.value;
  };
  const psk = 'test.test_ssl.ThreadedTests.test_psk_tls1_3';

  it('explains the one failure of the recorded run, and no other failure of that case', async () => {
    const manifest = await load();
    const judged = (reason: string, entries = manifest.entries): string[] =>
      listVerdicts(
        judgePlain({
          runs: [makeRun('first', tellFile('test_ssl', [{ id: psk, outcome: 'error', reason, details: reason }]))],
          manifest: { ...manifest, entries },
        }),
      );
    const seen = 'ssl.SSLError: [SSL: NO_PRIVATE_VALUE] HANDSHAKE_FAILURE_ON_CLIENT_HELLO (_ssl.c:1082)';
    expect(judged(seen)).toEqual([`XFAIL ${psk}`]);
    expect(judged('ssl.SSLError: [SSL: TLSV1_ALERT_UNKNOWN_PSK_IDENTITY]')).toEqual([`FAIL ${psk}`]);
    expect(
      judged(
        seen,
        manifest.entries.filter(({ id }) => id !== psk),
      ),
    ).toEqual([`FAIL ${psk}`]);
  });

  it('has no class for a skip that says that ssl or hashlib is missing', async () => {
    const manifest = await load();
    const reasons = [
      'ssl module required',
      'SSL not available',
      'No ssl module',
      'requires _hashlib',
      'ssl support required',
      "hash digest 'sha256' is not available",
      'TLSv1_2 is not available.',
      'TLS-PSK disabled on this OpenSSL build',
      "No module named '_ssl'",
      'Got [SSL: CERTIFICATE_VERIFY_FAILED] trying to connect to example',
      "resource 'largefile' is not enabled",
    ];
    const cases = reasons.map((reason, index) => ({
      id: `test.test_x.A.test_${index}`,
      outcome: 'skip' as const,
      reason,
    }));
    const { counts } = judgePlain({ runs: [makeRun('first', tellFile('test_x', cases))], manifest });
    expect(counts.NEWSKIP).toBe(reasons.length);
  });
});
