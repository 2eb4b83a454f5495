import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { Facts } from '../../../src/verdict/conditions.ts';
import {
  checkManifestByRuns,
  checkSharedClasses,
  type CheckCell,
  type CheckInput,
} from '../../../src/verdict/check.ts';
import { makeManifest, makeRosterOf, makeRun, plainFacts, tellFile, type CasePart } from '../../rig/suite-runs.ts';

const [a, b, c, d] = ['test_a', 'test_b', 'test_c', 'test_d'].map((name) => `test.test_ssl.A.${name}`);
if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four ids were made');
const roster = makeRosterOf({ test_ssl: { 'test.test_ssl.A': ['test_a', 'test_b', 'test_c'] } });

const makeCell = (cases: readonly CasePart[], changes: Partial<CheckCell> = {}): CheckCell => ({
  id: 'the-cell',
  facts: plainFacts,
  runs: [makeRun('first', tellFile('test_ssl', cases))],
  selection: { preset: 'quick', files: ['test_ssl'], match: [] },
  roster,
  ...changes,
});
const seen = makeCell([
  { id: a, outcome: 'fail', reason: 'AssertionError: wrong', details: 'Traceback\nAssertionError: wrong' },
  { id: b, outcome: 'skip', reason: 'no DH' },
  { id: c, outcome: 'pass' },
]);
const check = (
  manifest: Manifest,
  cells: readonly CheckCell[] = [seen],
  changes: Partial<CheckInput> = {},
): ReturnType<typeof checkManifestByRuns> =>
  checkManifestByRuns({ file: 'x.json', manifest, ownClasses: 0, cells, rosters: [roster], ...changes });
const findingsOf = (...args: Parameters<typeof check>): string[] =>
  check(...args).checked.findings.map(({ kind, path }) => `${kind} ${path}`);
const notJudgedOf = (...args: Parameters<typeof check>): string[] =>
  check(...args).checked.notJudged.map(({ path, why }) => `${path} ${why}`);

const onArm: Facts = { ...plainFacts, cell: { ...plainFacts.cell, platform: { arch: 'aarch64', libc: 'gnu' } } };

describe('checkManifestByRuns', () => {
  it('finds nothing where every entry explains something', () => {
    const { checked } = check(
      makeManifest([
        { id: a, expect: 'fail', match: 'wrong' },
        { id: b, expect: 'skip', match: 'no DH' },
      ]),
    );
    expect(checked).toMatchObject({ entries: 2, used: 2, findings: [], notJudged: [], cells: ['the-cell'] });
  });

  it('finds what is stale, and tells it from what no run could show', () => {
    const manifest = makeManifest([
      { id: c, expect: 'fail', match: 'wrong' },
      { id: a, expect: 'fail', match: 'wrong', when: { arch: ['aarch64'] } },
      { id: b, expect: 'skip', match: 'no EC' },
    ]);
    expect(findingsOf(manifest)).toEqual(['stale $.entries[0]', 'stale $.entries[2]']);
    expect(notJudgedOf(manifest)).toEqual(['$.entries[1] no run of a cell for which its conditions hold']);
    // A cell of the other kind that shows it is enough, whatever the first says.
    const manifestOfArm = makeManifest([{ id: a, expect: 'fail', match: 'wrong', when: { arch: ['aarch64'] } }]);
    expect(findingsOf(manifestOfArm, [seen, { ...seen, facts: onArm }])).toEqual([]);
    expect(check(manifestOfArm, [seen, { ...seen, facts: onArm }]).checked.used).toBe(1);
  });

  it('finds cases and patterns that no roster and no run of the series has', () => {
    const manifest = makeManifest([
      { id: d, expect: 'fail', match: 'wrong' },
      { id: 'test.test_ssl.Gone.*', expect: 'skip', match: 'no DH' },
      { id: 'test.test_elsewhere.A.test_a', expect: 'skip', match: 'no DH' },
      { id: c, expect: 'fail', match: 'wrong', when: { python: '>=3.14.9' } },
    ]);
    expect(findingsOf(manifest)).toEqual(['unknown-case $.entries[0]', 'unknown-case $.entries[1]']);
    // Of a file that no roster holds, and of a version that is not there, nobody knows.
    expect(notJudgedOf(manifest)).toEqual([
      '$.entries[2] no run of its cases',
      '$.entries[3] no run of a cell for which its conditions hold',
    ]);
    // A working tree may have a case that no release has.
    const tree = makeCell([{ id: d, outcome: 'fail', reason: 'wrong' }]);
    expect(findingsOf(makeManifest([{ id: d, expect: 'fail', match: 'wrong' }]), [tree])).toEqual([]);
  });

  it('judges nothing by a run that did not select the case', () => {
    const narrowed = makeCell([{ id: a, outcome: 'pass' }], {
      selection: { preset: 'quick', files: ['test_ssl'], match: ['test_a'] },
    });
    const manifest = makeManifest([{ id: b, expect: 'skip', match: 'no DH' }]);
    expect(findingsOf(manifest, [narrowed])).toEqual([]);
    expect(notJudgedOf(manifest, [narrowed])).toEqual(['$.entries[0] no run of its cases']);
  });

  it('finds entries that explain the same: by their texts, and by what ran', () => {
    const byText = makeManifest([
      { id: b, expect: 'skip', match: 'no DH' },
      { id: 'test.test_ssl.A.*', expect: 'skip', match: 'no' },
    ]);
    expect(findingsOf(byText)).toEqual(['stale $.entries[1]', 'overlap $.entries[1]']);
    const byRun = makeManifest([
      { id: a, expect: 'fail', match: 'AssertionError' },
      { id: 'test.test_ssl.A.*', expect: 'fail', match: 'wrong' },
    ]);
    expect(check(byRun).checked.findings.filter(({ kind }) => kind === 'overlap')).toEqual([
      {
        kind: 'overlap',
        path: '$.entries[1]',
        id: 'test.test_ssl.A.*',
        message: `$.entries[0] (${a}) explains ${a} too`,
      },
    ]);
    // Conditions that cannot both hold keep them apart.
    const apart = makeManifest([
      { id: b, expect: 'skip', match: 'no DH', when: { arch: ['x86_64'] } },
      { id: b, expect: 'skip', match: 'no DH', when: { arch: ['aarch64'] } },
    ]);
    expect(findingsOf(apart)).toEqual([]);
  });

  it('finds classes that a whole run did not need, own and shared', () => {
    const classes = [
      { name: 'own', pattern: '^no DH$', reason: 'about something' },
      { name: 'tides', pattern: '^the tide is out$', reason: 'about the sea' },
      { name: 'arm', pattern: '^arm$', reason: 'about the other', when: { arch: ['aarch64'] } },
    ];
    const manifest = makeManifest([], classes);
    expect(findingsOf(manifest, [seen], { ownClasses: 3 })).toEqual(['stale-class $.environment[1]']);
    expect(notJudgedOf(manifest, [seen], { ownClasses: 3 })).toEqual([
      '$.environment[2] no run of all suites where its conditions hold',
    ]);
    // A part of the suites says nothing of the rest.
    const part = makeCell([{ id: b, outcome: 'skip', reason: 'no DH' }], {
      selection: { preset: 'quick', files: ['test_ssl'], match: ['test_b'] },
    });
    expect(findingsOf(manifest, [part], { ownClasses: 3 })).toEqual([]);
    const outcomes = [check(manifest, [seen]), check(manifest, [])];
    const shared = checkSharedClasses('environment.json', outcomes, classes);
    expect(shared).toMatchObject({
      used: 1,
      findings: [{ id: 'tides' }],
      notJudged: [{ id: 'arm' }],
      cells: ['the-cell'],
    });
  });

  it('judges a class by runs of its own files, where the roster has none of them', () => {
    const classes = [
      { name: 'tides', pattern: '^the tide is out$', files: ['test_sea', 'test_bay'], reason: 'the sea' },
    ];
    const manifest = makeManifest([], classes);
    const ran = (files: readonly string[], reason: string, match: readonly string[] = []): CheckCell =>
      makeCell([{ id: 'test.test_sea.A.test_a', outcome: 'skip', reason }], {
        selection: { preset: 'full', files: [...files], match: [...match] },
      });
    const notJudged = ['$.environment[0] no run of all of test_sea and test_bay where its conditions hold'];
    const parts = [seen, ran(['test_sea'], 'no boat'), ran(['test_sea', 'test_bay'], 'no boat', ['test_a'])];
    for (const part of parts) {
      expect(findingsOf(manifest, [part], { ownClasses: 1 })).toEqual([]);
      expect(notJudgedOf(manifest, [part], { ownClasses: 1 })).toEqual(notJudged);
    }
    for (const all of [['test_sea', 'test_bay'], []]) {
      expect(findingsOf(manifest, [ran(all, 'no boat')], { ownClasses: 1 })).toEqual(['stale-class $.environment[0]']);
    }
    const { checked } = check(manifest, [ran(['test_sea'], 'the tide is out')], { ownClasses: 1 });
    expect(checked).toMatchObject({ used: 1, findings: [], notJudged: [] });
  });

  it('does not call a class stale whose fact no run records, own or shared', () => {
    const tides = { name: 'tides', pattern: '^the tide is out$', unrecorded: 'where the moon is', reason: 'the sea' };
    const known = { name: 'boats', pattern: '^no boat$', reason: 'there is a boat' };
    const classes = [tides, known, { ...tides, name: 'arm', pattern: '^arm$', when: { arch: ['aarch64'] } }];
    const manifest = makeManifest([], classes);
    const expected = {
      used: 0,
      findings: [{ kind: 'stale-class', path: '$.environment[1]', id: 'boats' }],
      notJudged: [
        { path: '$.environment[0]', id: 'tides', why: 'no run records where the moon is' },
        { path: '$.environment[2]', id: 'arm', why: 'no run of all suites where its conditions hold' },
      ],
    };
    expect(check(manifest, [seen], { ownClasses: 3 }).checked).toMatchObject(expected);
    const outcomes = [check(manifest, []), check(manifest, [seen])];
    expect(checkSharedClasses('environment.json', outcomes, classes)).toMatchObject(expected);
    const needed = makeCell([{ id: b, outcome: 'skip', reason: 'the tide is out' }]);
    const used = checkSharedClasses('environment.json', [...outcomes, check(manifest, [needed])], classes);
    expect(used).toMatchObject({ used: 1, notJudged: [{ id: 'arm' }] });
  });
});
