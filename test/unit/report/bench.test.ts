import { describe, expect, it } from 'vitest';
import type { BenchReport, BenchRow } from '../../../src/model/bench.ts';
import { drawBench } from '../../../src/report/bench-chart.ts';
import { formatBench, formatBenchMarkdown } from '../../../src/report/bench.ts';
import { compareTurns } from '../../../src/verdict/bench.ts';

const row = (title: string, bytes: number, ours: number, theirs: number): BenchRow => ({
  id: `hash-${title}`,
  group: 'hashlib.sha512',
  title,
  bytes,
  ratios: [compareTurns('AWS-LC', Array<number>(15).fill(ours), 'OpenSSL', Array<number>(15).fill(theirs))],
  measured: [
    { subject: 'AWS-LC', medianNs: ours, spread: 0.01 },
    { subject: 'OpenSSL', medianNs: theirs, spread: 0.02 },
  ],
  counters: {},
  unavailable: {},
});

const report: BenchReport = {
  cell: 'a-cell',
  cpu: 'A CPU <fast>',
  os: 'An OS',
  versions: { 'AWS-LC': 'AWS-LC 5.12.0', OpenSSL: 'OpenSSL 3.0.19' },
  core: 1,
  cores: 2,
  pairs: 15,
  loadBefore: 5.8,
  loadAfter: 5.5,
  notCounted: 'no perf',
  rows: [
    row('64 B', 64, 300, 390),
    row('8 MiB', 8_388_608, 9_320_000, 6_820_000),
    row('1 KiB', 1024, 1000, 1001),
    {
      id: 'TLSv1_3-resumed',
      group: 'TLS 1.3 handshake',
      title: 'P-256, resumed',
      bytes: 0,
      ratios: [],
      measured: [{ subject: 'OpenSSL', medianNs: 458_000, spread: 0.01 }],
      counters: {},
      unavailable: { 'AWS-LC': 'the session is not resumed' },
    },
  ],
};
const document = { version: 1, kind: 'bench', cells: [report], failures: [] } as const;

describe('a measurement as text', () => {
  const text = formatBench({ ...document, cells: [report], failures: [] }, { color: false });

  it('says first how many differences were seen, and under what load', () => {
    expect(text).toContain(
      'AWS-LC (AWS-LC 5.12.0) against OpenSSL (OpenSSL 3.0.19): faster in 1, slower in 1, not separated in 1',
    );
    expect(text).toContain(
      'processor time, 15 turns each on core 1 of 2 (A CPU <fast>, An OS); load 5.8 before, 5.5 after',
    );
  });

  it('says why the CPU counted nothing; where it did, instructions and how many of them in a cycle', () => {
    expect(text).toContain('our own included; CPU counters not measured: no perf\n');
    expect(text).not.toContain('What the CPU counted');
    const counters = { 'AWS-LC': { instructions: 1200.4, cycles: 400 }, OpenSSL: { instructions: 2000, cycles: 0 } };
    const counted = { ...report, notCounted: null, rows: [{ ...row('64 B', 64, 300, 390), counters }] };
    const line = 'hashlib.sha512, 64 B: AWS-LC: 1,200 instructions, 3.00 in a cycle; OpenSSL: 2,000 instructions';
    expect(formatBench({ ...document, cells: [counted], failures: [] }, { color: false })).toContain(`  ${line}\n`);
    expect(formatBenchMarkdown({ ...document, cells: [counted], failures: [] })).toContain(`\n\n${line}\n`);
  });

  it('has ratios in front of what they are of, and calls nothing faster that the spread does not separate', () => {
    expect(text).toMatch(/8 MiB +0\.73 {2}0\.73 to 0\.73 +slower +900 MB\/s \+-1 % \| 1,230 MB\/s \+-2 %/);
    expect(text).toMatch(/1 KiB +1\.00 {2}1\.00 to 1\.00 +not separated/);
    expect(text).toMatch(/resumed +no ratio: AWS-LC: the session is not resumed; OpenSSL: 2,183\/s \+-1 %\n/);
  });
});

describe('a measurement as Markdown', () => {
  it('has one table per pair, and each line as many cells as its head', () => {
    const lines = formatBenchMarkdown({ ...document, cells: [report], failures: [] }).split('\n');
    const table = lines.filter((line) => line.startsWith('|'));
    expect(table).toHaveLength(2 + report.rows.length);
    for (const line of table) expect(line.split('|'), line).toHaveLength(7);
    expect(table[3]).toContain('1.37 times as slow');
    expect(table[4]).toContain('not separated');
  });
});

describe('a measurement as a chart', () => {
  const svg = drawBench(report, ['AWS-LC', 'OpenSSL']);

  it('draws a bar for each ratio: to the right of 1 what is faster, to the left what is slower, grey what is neither', () => {
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" .* fill="(#\w+)"/g)].map(
      ([, x, width, fill]) => ({ from: Number(x), to: Number(x) + Number(width), fill }),
    );
    expect(bars).toHaveLength(3);
    const one = 300 + 420 / 2;
    expect(bars[0]?.from).toBeCloseTo(one, 0);
    expect(bars[1]?.to).toBeCloseTo(one, 0);
    expect(new Set(bars.map(({ fill }) => fill)).size).toBe(3);
  });

  it('is one well-formed document without anything from elsewhere', () => {
    expect(svg).toContain('A CPU &lt;fast&gt;');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<fast>/);
    expect(svg.match(/<(?!\/)[a-z]+[^>]*[^/]>/g)?.length).toBe(svg.match(/<\/[a-z]+>/g)?.length);
  });
});
