import { describe, expect, it } from 'vitest';
import { manifestDraftSchema } from '../../../src/model/draft.ts';
import type { When } from '../../../src/model/manifest.ts';
import type { Facts } from '../../../src/verdict/conditions.ts';
import type { DraftCell } from '../../../src/verdict/draft-seen.ts';
import { findStableText } from '../../../src/verdict/draft-text.ts';
import { proposeWhen } from '../../../src/verdict/draft-when.ts';
import { draftManifest, type Draft, type DraftInput } from '../../../src/verdict/draft.ts';
import { parseManifest } from '../../../src/verdict/manifest.ts';
import { makeManifest, makeRun, plainFacts, tellFile, type CasePart } from '../../rig/suite-runs.ts';

it.each([
  [
    'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] CERTIFICATE_VERIFY_FAILED (_ssl.c:1082)',
    '[SSL: CERTIFICATE_VERIFY_FAILED]',
  ],
  ["AssertionError: Regex didn't match: 'PEM lib' not found in '[SSL: NO_START_LINE] x'", '[SSL: NO_START_LINE]'],
  ["No module named '_sha3'", "No module named '_sha3'"],
  ['test requires RFC 5280 check added in OpenSSL 3.0+', 'test requires RFC 5280 check added in OpenSSL 3.0+'],
  ['AssertionError: <_ssl._SSLSocket object at 0x7f12ab34> is not None', 'AssertionError: <_ssl._SSLSocket object at'],
  [
    "FileNotFoundError: No such file or directory: '/tmp/cpa-x/build/cert.pem'",
    'FileNotFoundError: No such file or directory',
  ],
  ['ConnectionRefusedError: 127.0.0.1 port 45123 took 0.30127 s', 'ConnectionRefusedError: 127.0.0.1 port'],
  ['x (_ssl.c:12)', 'x (_ssl.c:12)'],
])('findStableText(%j): %j', (text, stable) => {
  expect(findStableText(text)).toBe(stable);
  // An entry's match is looked for in the text as it stands.
  expect(text).toContain(stable);
});

it('cuts a long text between words', () => {
  const long = `AssertionError: ${'word '.repeat(60)}`;
  expect(findStableText(long)).toMatch(/^AssertionError: (?:word )+word$/);
  expect(findStableText(long).length).toBeLessThanOrEqual(120);
});

const onAwslc = (version: string, capabilities: Partial<Facts['capabilities']> = {}): Facts => ({
  ...plainFacts,
  cell: { ...plainFacts.cell, awslc: { ...plainFacts.cell.awslc, version } },
  capabilities: { ...plainFacts.capabilities, ...capabilities },
});

describe('proposeWhen', () => {
  it.each<[string, string, readonly Facts[], readonly Facts[], When | undefined]>([
    ['test.a.test_x', 'ValueError', [plainFacts], [], undefined],
    ['test.a.test_psk_tls1_3', '[SSL: NO_PRIVATE_VALUE]', [plainFacts], [], { capability: { pskTls13: false } }],
    ['test.a.test_x', "No module named '_sha1'", [plainFacts], [], { capability: { 'hash:sha1': true } }],
    ['test.a.test_x', 'unsupported hash type sha3_256', [plainFacts], [], { capability: { 'hash:sha3_256': false } }],
    // One capability tells the cells apart, though the text does not name it.
    [
      'test.a.test_psk',
      'failed',
      [onAwslc('1.26.0', { functions: { SSL_x: false } })],
      [onAwslc('5.12.0', { functions: { SSL_x: true } })],
      { capability: { 'function:SSL_x': false } },
    ],
    ['test.a.test_x', 'failed', [onAwslc('1.26.0')], [onAwslc('5.5.0'), onAwslc('5.12.0')], { awslc: '<5.5.0' }],
    ['test.a.test_x', 'failed', [onAwslc('5.12.0')], [onAwslc('5.5.0')], { awslc: '>=5.12.0' }],
    ['test.a.test_x', 'failed', [onAwslc('1.26.0'), onAwslc('5.12.0')], [onAwslc('5.5.0')], undefined],
  ])('%s, %s', (id, text, seen, passed, expected) => {
    expect(proposeWhen(id, text, seen, passed)).toEqual(expected);
  });

  it('names a debug build', () => {
    const debug: Facts = { ...plainFacts, cell: { ...plainFacts.cell, optimization: 'debug' } };
    expect(proposeWhen('test.a.test_x', 'failed', [debug], [])).toEqual({ optimization: ['debug'] });
  });
});

const classId = 'test.test_ssl.PskTests';
const makeCell = (cases: readonly CasePart[], changes: Partial<DraftCell> = {}): DraftCell => ({
  facts: plainFacts,
  runs: [makeRun('first', tellFile('test_ssl', cases))],
  selection: { preset: 'quick', files: ['test_ssl'], match: [] },
  ranAt: '2026-11-24T10:00:00.000Z',
  ...changes,
});
const draftOf = (cells: readonly DraftCell[], changes: Partial<DraftInput> = {}): Draft =>
  draftManifest({ series: '3.14', cells, manifest: makeManifest([]), otherClasses: [], ...changes });
const linesOf = ({ manifest }: Draft): string[] =>
  manifest.entries.map(({ expect: expected, id, match }) => `${expected} ${id}: ${match}`);
const skipped = (name: string, reason: string): CasePart => ({ id: `${classId}.${name}`, outcome: 'skip', reason });

describe('draftManifest', () => {
  it('proposes an entry for each failure and skip, and leaves its reason to a person', () => {
    const reason = 'ssl.SSLError: [SSL: NO_PRIVATE_VALUE] HANDSHAKE_FAILURE (_ssl.c:1082)';
    const draft = draftOf([
      makeCell([
        { id: 'test.test_ssl.A.test_psk_tls1_3', outcome: 'error', reason, details: reason },
        { id: 'test.test_ssl.A.test_x', outcome: 'skip', reason: 'no ephemeral DH' },
        { id: 'test.test_ssl.A.test_y', outcome: 'pass' },
      ]),
    ]);
    expect(draft.manifest.entries).toEqual([
      {
        id: 'test.test_ssl.A.test_psk_tls1_3',
        expect: 'fail',
        when: { capability: { pskTls13: false } },
        match: '[SSL: NO_PRIVATE_VALUE]',
        reason: '',
        evidence: 'recorded run: CPython 3.14.6, AWS-LC 5.12.0, linux x86_64, 2026-11-24',
      },
      expect.objectContaining({ id: 'test.test_ssl.A.test_x', expect: 'skip', match: 'no ephemeral DH', reason: '' }),
    ]);
    expect(draft.openReasons).toBe(2);
    // What it says of itself holds: refused as it stands, and all as expected once the reasons are written.
    expect(parseManifest(JSON.stringify(draft.manifest), 'x.json', []).ok).toBe(false);
    const written = draft.manifest.entries.map((entry) => ({ ...entry, reason: 'a person wrote why' }));
    expect(parseManifest(JSON.stringify({ ...draft.manifest, entries: written }), 'x.json', []).ok).toBe(true);
  });

  it('explains all of what it was made from, once its reasons are written', () => {
    const cells = [
      makeCell([
        skipped('test_a', 'no PSK'),
        skipped('test_b', 'no PSK'),
        {
          id: 'test.test_ssl.B.test_sub',
          outcome: 'fail',
          subtests: [
            { params: '(i=1)', outcome: 'fail', reason: 'AssertionError: 1 is not 2' },
            { params: '(i=2)', outcome: 'fail', reason: 'AssertionError: 1 is not 2' },
          ],
        },
        {
          id: 'test.test_ssl.B.test_one',
          outcome: 'fail',
          subtests: [{ params: '(i=1)', outcome: 'fail', reason: 'AssertionError: wrong' }],
        },
      ]),
    ];
    const draft = draftOf(cells);
    expect(linesOf(draft)).toEqual([
      'fail test.test_ssl.B.test_one (i=1): AssertionError: wrong',
      'fail test.test_ssl.B.test_sub: AssertionError: 1 is not 2',
      `skip ${classId}.*: no PSK`,
    ]);
    const written = draft.manifest.entries.map((entry) => ({ ...entry, reason: 'a person wrote why' }));
    expect(draftOf(cells, { manifest: makeManifest(written) })).toMatchObject({ manifest: { entries: [] }, notes: [] });
  });

  it.each<[string, DraftCell]>([
    [
      'runs',
      makeCell([
        skipped('test_a', 'no PSK'),
        skipped('test_b', 'no PSK'),
        { id: `${classId}.test_c`, outcome: 'pass' },
      ]),
    ],
    [
      'skips for another reason',
      makeCell([skipped('test_a', 'no PSK'), skipped('test_b', 'no PSK'), skipped('test_c', 'later')]),
    ],
    [
      'was not selected',
      makeCell([skipped('test_a', 'no PSK'), skipped('test_b', 'no PSK')], {
        selection: { preset: 'quick', files: ['test_ssl'], match: ['test_[ab]'] },
      }),
    ],
  ])('makes no pattern of a class of which a case %s', (_, cell) => {
    expect(linesOf(draftOf([cell]))).toContain(`skip ${classId}.test_a: no PSK`);
  });

  it('joins cases that differ in numbers only, where the pattern names no other', () => {
    const draft = draftOf([
      makeCell([
        ...['sha2_224_x', 'sha2_256_x', 'sha3_1', 'sha3_2'].map((name) => skipped(`test_${name}`, 'no module')),
        { id: `${classId}.test_sha3_3`, outcome: 'pass' },
      ]),
    ]);
    expect(linesOf(draft)).toEqual([
      `skip ${classId}.test_sha2_*_x: no module`,
      `skip ${classId}.test_sha3_1: no module`,
      `skip ${classId}.test_sha3_2: no module`,
    ]);
  });

  it('tells cells apart, and says where the first and the last of them showed it', () => {
    const failing: CasePart = { id: 'test.test_ssl.A.test_x', outcome: 'fail', reason: 'AssertionError: wrong' };
    const draft = draftOf([
      ...['1.26.0', '1.49.0', '1.72.0'].map((version) => makeCell([failing], { facts: onAwslc(version) })),
      makeCell([{ id: failing.id, outcome: 'pass' }]),
    ]);
    expect(draft.manifest.entries).toMatchObject([
      { when: { awslc: '<5.12.0' }, evidence: expect.stringMatching(/AWS-LC 1\.26\.0.*; .*AWS-LC 1\.72\.0/) as string },
    ]);
  });

  it("takes another series' entries and classes over where they explain the same, and says so", () => {
    const from = makeManifest([
      {
        id: `${classId}.*`,
        expect: 'skip',
        match: 'no PSK',
        when: { python: '>=3.14.0' },
        evidence: 'a run; https://x.example/1',
      },
      { id: 'test.test_ssl.A.test_z', expect: 'skip', match: 'never seen' },
    ]);
    const tidy = { name: 'tides', pattern: '^the tide is out$', reason: 'about the sea' };
    const draft = draftOf([makeCell([skipped('test_a', 'no PSK'), skipped('test_c', 'the tide is out')])], {
      series: '3.13',
      manifest: { ...makeManifest([], [tidy]), series: '3.13' },
      otherClasses: [tidy, { name: 'moon', pattern: '^no moon$', reason: 'about the moon' }],
      reasonsFrom: from,
    });
    expect(draft.manifest).toMatchObject({ series: '3.13', environment: [tidy] });
    const [entry, ...others] = draft.manifest.entries;
    expect(others).toEqual([]);
    expect(entry).toEqual({
      id: `${classId}.*`,
      expect: 'skip',
      match: 'no PSK',
      reason: from.entries[0]?.reason,
      evidence: 'recorded run: CPython 3.14.6, AWS-LC 5.12.0, linux x86_64, 2026-11-24; https://x.example/1',
    });
    expect(draft.openReasons).toBe(0);
    expect(draft.notes).toEqual(['Taken over from 3.14: 1. Read whether their reasons are true of 3.13.']);
  });

  it('says what no entry can explain', () => {
    const draft = draftOf(
      [
        makeCell([
          { id: 'test.test_ssl.A.test_x', outcome: 'pass' },
          { id: 'test.test_ssl.A.test_mute', outcome: 'skip', reason: '' },
          { id: 'test.test_ssl.A.test_hangs' },
        ]),
      ],
      { manifest: makeManifest([{ id: 'test.test_ssl.A.test_x', expect: 'fail', match: 'wrong' }]) },
    );
    expect(linesOf(draft)).toEqual([]);
    expect(draft.notes.map((note) => note.replace(/ \(.*/, ''))).toEqual([
      'No entry can explain UNRESOLVED',
      'No entry can explain NEWSKIP',
      'No entry can explain XPASS',
    ]);
  });
});

it('the schema takes an open reason', () => {
  const { manifest, openReasons, notes } = draftOf([makeCell([skipped('test_a', 'no PSK')])]);
  const document = {
    version: 1,
    kind: 'manifest-draft',
    series: '3.14',
    runs: [],
    cells: [],
    manifest,
    openReasons,
    notes,
  };
  expect(manifestDraftSchema.safeParse(document).success).toBe(true);
});
