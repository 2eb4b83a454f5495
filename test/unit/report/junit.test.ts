import { describe, expect, it } from 'vitest';
import { formatJunit } from '../../../src/report/junit.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';
import { parseXml, type XmlElement } from '../../rig/xml.ts';

// What the schemas of Ant and Jenkins both know, in the parts that we write.
const allowed: Readonly<Record<string, { attributes: string[]; children: string[] }>> = {
  testsuites: { attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'],
    children: ['properties', 'testcase'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name', 'value'], children: [] },
  testcase: { attributes: ['classname', 'name', 'time'], children: ['skipped', 'failure', 'error'] },
  skipped: { attributes: ['message'], children: [] },
  failure: { attributes: ['message', 'type'], children: [] },
  error: { attributes: ['message', 'type'], children: [] },
};
const checkShape = (element: XmlElement): void => {
  const rule = allowed[element.name];
  expect(rule, element.name).toBeDefined();
  expect(rule?.attributes).toEqual(expect.arrayContaining(Object.keys(element.attributes)));
  for (const child of element.children) {
    expect(rule?.children).toContain(child.name);
    checkShape(child);
  }
};
const casesOf = (root: XmlElement): XmlElement[] =>
  root.children.flatMap((suite) => suite.children.filter(({ name }) => name === 'testcase'));

describe('formatJunit', () => {
  it('tells the cells of several reports apart, with one sum', () => {
    const other = makeReport(oneOfEach);
    const both = parseXml(
      formatJunit([
        makeReport(oneOfEach),
        { ...other, cell: { ...other.cell, awslc: { ...other.cell.awslc, version: '5.11.0' } } },
      ]),
    );
    checkShape(both);
    expect(both.attributes['tests']).toBe(String(2 * oneOfEach.length));
    const names = both.children.map((suite) => suite.attributes['name']);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name?.includes('AWS-LC 5.11.0')).length).toBe(names.length / 2);
  });

  it('says of every suite that AWS-LC was compiled incrementally', () => {
    const kept = { incremental: true, since: '2026-11-24T09:00:00Z', changedFiles: 2 };
    const xml = parseXml(formatJunit([makeReport(oneOfEach, { kept })]));
    checkShape(xml);
    for (const suite of xml.children) {
      expect(JSON.stringify(suite.children[0])).toContain('AWS-LC compiled incrementally');
    }
  });

  const root = parseXml(formatJunit([makeReport(oneOfEach, { notes: ['a note'] })]));

  it('stays within what Ant and Jenkins know, and its sums are true', () => {
    checkShape(root);
    expect(root.attributes).toMatchObject({ tests: '12', failures: '5', errors: '2', skipped: '4', time: '1.500' });
    const count = (name: string): number => casesOf(root).filter(({ children }) => children[0]?.name === name).length;
    expect([count('failure'), count('error'), count('skipped')]).toEqual([5, 2, 4]);
    expect(root.children.map((suite) => suite.attributes['name'])).toEqual([
      'test_ssl',
      'test_asyncio.test_ssl',
      'test_smtpnet',
    ]);
    expect(root.children.map((suite) => suite.attributes['tests'])).toEqual(['10', '1', '1']);
  });

  it('names class and case as unittest does, subtests with their parameters', () => {
    const names = casesOf(root).map(
      ({ attributes }) => `${attributes['classname'] ?? ''} | ${attributes['name'] ?? ''}`,
    );
    expect(names).toContain('test.test_ssl.A | test_pass');
    expect(names).toContain("test.test_ssl.A | test_fail (name='a.b')");
    expect(names).toContain('test.test_asyncio.test_ssl.T | test_lost');
    expect(names).toContain('test_smtpnet | test_smtpnet');
  });

  it('gives expected failures and skips as skips with their reason', () => {
    const skipped = casesOf(root).flatMap(({ children }) => children.filter(({ name }) => name === 'skipped'));
    expect(skipped.map(({ attributes }) => attributes['message'])).toEqual([
      'SKIP: about Windows',
      'XFAIL: no <PSK> & "more"',
      'XSKIP: no PHA',
      'XFLAKY: races',
    ]);
  });

  it('removes what XML cannot hold from what a test printed', () => {
    const failure = casesOf(root).find(({ attributes }) => attributes['name']?.startsWith('test_fail'))?.children[0];
    expect(failure?.attributes['message']).toBe('FAIL: SSLError: boom \ufffd\ufffd ]]> caf\u00e9');
    expect(failure?.text).toBe('Traceback <most recent call last>\nSSLError: boom & ``` more');
  });

  it('keeps the end of a huge traceback', () => {
    const details = `begin${'x'.repeat(50_000)}end`;
    const text = formatJunit([makeReport([{ id: 'a.B.c', file: 'test_a', verdict: 'FAIL', details }])]);
    expect(text.length).toBeLessThan(20_000);
    expect(text).toContain('xend</failure>');
  });

  it('is a document without any case too', () => {
    expect(parseXml(formatJunit([makeReport([])])).attributes).toMatchObject({ tests: '0' });
  });
});

describe('the XML reader of these tests', () => {
  it.each([
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a>&</a>',
    '<a>&nbsp;</a>',
    '<a/><b/>',
    '<a>\u0000</a>',
    '<a b="<"/>',
    'x',
  ])('refuses %j', (text) => {
    expect(() => parseXml(text)).toThrow();
  });
});
