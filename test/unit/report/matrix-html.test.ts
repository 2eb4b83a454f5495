import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseJson } from '../../../src/model/json.ts';
import { matrixRecordSchema, type MatrixRecord } from '../../../src/model/matrix.ts';
import { formatMatrixHtml } from '../../../src/report/matrix-html.ts';
import { allElements, findElements, parsePage } from '../../rig/html-page.ts';
import {
  hostileTexts,
  makeHostileMatrix,
  makeLargeMatrix,
  makeMatrix,
  makeMatrixCell,
  makeMixedMatrix,
  makeSuites,
  unexpectedVerdicts,
} from '../../rig/matrix-record.ts';

/** What a person reads: the page without tags, with its entities read. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[^]*<\/style>/, '')
    .replace(/<wbr>|<\/?span[^>]*>/g, '')
    .replace(/<[^>]*>/g, '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/ *\n[\n ]*/g, '\n');

const mixed = makeMixedMatrix();
const page = formatMatrixHtml(mixed);
const text = textOf(page);

describe('the rig’s records', () => {
  it.each([
    ['mixed', mixed],
    ['hostile', makeHostileMatrix()],
    ['large', makeLargeMatrix(3, 3)],
  ])('%s is what matrix.json may hold', (_, record) => {
    expect(parseJson(matrixRecordSchema, canonicalJson(record))).toMatchObject({ ok: true });
  });
});

describe('formatMatrixHtml', () => {
  it('begins with the verdict in words, when, of what, by what', () => {
    expect(findElements(parsePage(page), 'h1').map((one) => one.text)).toEqual([
      '4 of 9 cells as expected; 2 unexpected; 1 failed; 1 cannot run; 1 not run',
    ]);
    expect(text).toContain('2026-11-28 21:02 UTC\n(41 min 7 s)');
    expect(text).toContain('built, proven and tested: suites of the preset crypto (48 files)');
    expect(text).toContain('1, a step failed, or cannot be done here');
    expect(text).toContain('cpython-awslc 0.1.0');
  });

  it.each<[string, MatrixRecord]>([
    ['No cells', makeMatrix([])],
    ['The only cell is as expected', makeMatrix([makeMatrixCell(0, 0)])],
    ['All 2 cells as expected', makeMatrix([makeMatrixCell(0, 0), makeMatrixCell(1, 0)])],
    ['None of 1 cell as expected; 1 not run', makeMatrix([makeMatrixCell(0, 0, { state: 'not-run' })])],
  ])('says %s', (headline, record) => {
    const top = parsePage(formatMatrixHtml(record));
    expect(findElements(top, 'h1').map((one) => one.text)).toEqual([headline]);
  });

  it('lays the cells out: CPython down, AWS-LC across, each a word, a symbol and a link', () => {
    const [grid] = findElements(parsePage(page), 'table').filter(({ attributes }) => attributes['class'] === 'grid');
    if (grid === undefined) throw new Error('there is a grid');
    const heads = findElements(grid, 'th').map(({ attributes, text: own }) => `${attributes['scope']} ${own.trim()}`);
    expect(heads).toEqual([
      'col 5.12.0',
      'col 5.12.0 (tree 5be0c1a7)',
      'col fips-4.2.0',
      'row 3.13.15',
      'row 3.14.6',
      'row 3.15.0rc1',
    ]);
    const links = findElements(grid, 'a');
    expect(links).toHaveLength(9);
    for (const link of links) {
      expect(findElements(link, 'use')).toHaveLength(1);
      expect(findElements(link, 'span').some(({ text: own }) => /expected|failed|run/.test(own))).toBe(true);
    }
  });

  it('puts only what differs into the names of cells', () => {
    const other = makeMatrixCell(0, 0);
    const cells = [
      makeMatrixCell(0, 0),
      { ...other, id: 'other', cell: { ...other.cell, target: 'x86-64-v3', cipherString: 'HIGH' } },
    ];
    const names = textOf(formatMatrixHtml(makeMatrix(cells)));
    expect(names).toContain('CPython 3.13.15, AWS-LC 5.12.0, x86-64-v3, cipher string 2');
    expect(names).not.toContain('AWS-LC 5.12.0, static');
    expect(names).toContain(
      'cpython-awslc test --recipe nightly --python 3.13.15 --awslc 5.12.0 --target x86-64-v3 --cipher-string HIGH',
    );
  });

  it('links lead somewhere, and every id is there once', () => {
    for (const record of [mixed, makeHostileMatrix()]) {
      const elements = allElements(parsePage(formatMatrixHtml(record)));
      const ids = elements.flatMap(({ attributes }) => (attributes['id'] === undefined ? [] : [attributes['id']]));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { attributes, name } of elements) {
        if ((name === 'a' || name === 'use') && attributes['href'] !== undefined) {
          expect(ids).toContain(attributes['href'].slice(1));
        }
        for (const id of attributes['aria-labelledby']?.split(' ') ?? []) expect(ids).toContain(id);
      }
    }
  });

  it('has of a cell the failed claims, the unexpected cases with reason and traceback, how to run them again', () => {
    expect(text).toContain('expected\nTLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(text).toContain('found\nTLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256\n');
    expect(text).toContain('FAIL\ntest.test_ssl.ThreadedTests.test_session_handling\n');
    expect(text).toContain('line 4631, in test_session_handling');
    expect(text).toContain(
      'cpython-awslc test --recipe nightly --python 3.13.15 --awslc path:DIR --tests test_ssl --match test.test_ssl.ThreadedTests.test_session_handling',
    );
    expect(text).toContain('XSKIP\n63\nskipped, as the manifest says');
    expect(text).toContain('test_httplib was not judged');
    expect(text).toContain('AWS-LC compiled incrementally');
  });

  it('has the twin, the baseline, the earlier matrix, steps with times, the log of a failed step', () => {
    expect(text).toContain('2 cases come out otherwise on OpenSSL');
    expect(text).toContain('2 verdicts worse\nthan in run 20261127T210011Z-11aa22');
    expect(text).toContain('Changed since the matrix of 2026-11-27 21:00 UTC');
    expect(text).toContain('was as expected\n; 1 verdict changed');
    expect(text).toContain('compile AWS-LC 5.12.0\ndone\n2 min 37 s');
    expect(text).toContain("did you mean 'SSL_CTX_set1_curves_list'?");
    expect(text).toContain('build the FIPS module of AWS-LC fips-4.2.0; found nothing.');
  });

  it('says each thing once for all cells that have it', () => {
    const cells = [0, 1, 2].map((python) =>
      makeMatrixCell(python, 0, { state: 'unexpected', suites: makeSuites(unexpectedVerdicts.slice(0, 1)) }),
    );
    const alike = textOf(formatMatrixHtml(makeMatrix(cells)));
    expect(alike).toContain('in all 3 cells');
    expect(alike.match(/line 4631/g)).toHaveLength(1);
    expect(alike.match(/Word for word as in\nCPython 3\.13\.15, AWS-LC 5\.12\.0/g)).toHaveLength(2);
  });

  it('draws many cases of a file that came out alike as one', () => {
    const lost = Array.from({ length: 12 }, (_, index) => ({
      id: `test.test_x.A.test_${index}`,
      file: 'test_x',
      verdict: 'LOST' as const,
      reason: 'on the roster, and not started',
    }));
    const cell = makeMatrixCell(0, 0, { state: 'unexpected', suites: makeSuites(lost) });
    const many = textOf(formatMatrixHtml(makeMatrix([cell])));
    expect(many).toContain('12 cases of test_x, as test.test_x.A.test_0');
    expect(many).toContain('2 cases more: in matrix.json, not on this page.');
  });

  it('says what was not checked', () => {
    const section = text.slice(text.indexOf('What was not checked\nNothing'));
    expect(section).toContain('Nothing is known of what nobody could run or began\nin 2 of 9 cells');
    expect(section).toContain('No suites\nin 1 of 9 cells');
    expect(section).toContain('AWS-LC was compiled incrementally: --clean compiles all of it\nin 2 of 9 cells');
    expect(section).toContain('Cases beyond the suites of the preset crypto');
    const built = textOf(formatMatrixHtml(makeMatrix([makeMatrixCell(0, 0, { suites: null })], { stage: 'prove' })));
    expect(built).toContain('Suites: none were asked for.');
  });

  it('shows a failure of another version’s record as it is', () => {
    const cell = makeMatrixCell(0, 0, { state: 'failed', failures: [{ code: 'eclipse', moon: 'full' }] });
    expect(textOf(formatMatrixHtml(makeMatrix([cell])))).toContain('eclipse: {"code":"eclipse","moon":"full"}');
  });

  it('gives the same bytes for the same record', () => {
    expect(formatMatrixHtml(makeMixedMatrix())).toBe(page);
  });

  it('runs nothing and loads nothing: the policy allows one style, by its digest', () => {
    const top = parsePage(page);
    const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    const [policy] = findElements(top, 'meta').flatMap(({ attributes }) =>
      attributes['http-equiv'] === 'Content-Security-Policy' ? [attributes['content']] : [],
    );
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    for (const element of allElements(top)) {
      expect(['script', 'img', 'iframe', 'object', 'form', 'base']).not.toContain(element.name);
      for (const [name, value] of Object.entries(element.attributes)) {
        expect(name).not.toMatch(/^on|^style$|^src/);
        if (name === 'href') expect(value).toMatch(/^(?:#|data:image\/svg)/);
      }
    }
    expect(style).not.toMatch(/url\(|@import/);
  });

  it('takes every text for a text, whatever it tries', () => {
    const hostile = formatMatrixHtml(makeHostileMatrix());
    // Well-formed, and of the same elements and attributes as a page that nobody attacked.
    const top = parsePage(hostile);
    const shapes = (of: typeof top): Set<string> =>
      new Set(allElements(of).map(({ name, attributes }) => `${name} ${Object.keys(attributes).sort().join(' ')}`));
    const known = shapes(parsePage(page));
    for (const shape of shapes(top)) {
      if (!/^(?:ol|span class|dl) ?/.test(shape)) expect(known).toContain(shape);
    }
    for (const raw of ['<script', '\u202e', '\u2066', '\u200b', '\u001b', '\u0000', '\u2028', '\u{e0041}', '\ufeff']) {
      expect(hostile).not.toContain(raw);
    }
    expect(hostile).toContain('safe<span class="hid">\\u202e</span>txt.');
    expect(textOf(hostile)).toContain(hostileTexts.tag);
    expect(textOf(hostile)).toContain(hostileTexts.entity);
  });

  it('stays small when much is wrong, and says what it left out', () => {
    const large = formatMatrixHtml(makeLargeMatrix(60, 20));
    expect(Buffer.byteLength(large)).toBeLessThan(2_000_000);
    expect(large).toMatch(/[\d,]+ characters in matrix\.json: this cell has more than the page holds\./);
    const most = formatMatrixHtml(makeLargeMatrix(60, 100));
    expect(Buffer.byteLength(most)).toBeLessThan(3_000_000);
    expect(most).toContain('60 unexpected cases more: in matrix.json, not on this page.');
  });
});
