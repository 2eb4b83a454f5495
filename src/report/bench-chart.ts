import type { BenchReport, Ratio } from '../model/bench.ts';

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const colours: Readonly<Record<Ratio['verdict'], string>> = {
  faster: '#0b6e4f',
  slower: '#b3401a',
  'not separated': '#8a8f98',
};

const rowHeight = 18;
const labelWidth = 300;
const plotWidth = 420;
const top = 64;

interface Bar {
  readonly label: string;
  readonly ratio: Ratio;
}

/** Ticks of a scale on which each step is a doubling, that has every range in it. */
const makeScale = (
  bars: readonly Bar[],
): { readonly ticks: readonly number[]; readonly x: (ratio: number) => number } => {
  const reach = Math.ceil(
    Math.max(1, ...bars.flatMap(({ ratio: { low, high } }) => [Math.abs(Math.log2(low)), Math.abs(Math.log2(high))])),
  );
  const ticks = Array.from({ length: 2 * reach + 1 }, (_, index) => 2 ** (index - reach));
  return { ticks, x: (ratio) => labelWidth + ((Math.log2(ratio) + reach) / (2 * reach)) * plotWidth };
};

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escapeXml(content)}</text>`;

const drawBar = ({ label, ratio }: Bar, y: number, x: (ratio: number) => number): string => {
  const [from, to] = [x(1), x(ratio.ratio)];
  const middle = y + rowHeight / 2;
  const colour = colours[ratio.verdict];
  return [
    text(labelWidth - 8, middle + 4, label, ' text-anchor="end"'),
    `<rect x="${Math.min(from, to).toFixed(1)}" y="${y + 3}" width="${Math.max(Math.abs(to - from), 0.5).toFixed(1)}" height="${rowHeight - 6}" fill="${colour}" fill-opacity="0.55"/>`,
    `<line x1="${x(ratio.low).toFixed(1)}" x2="${x(ratio.high).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="${colour}" stroke-width="2"/>`,
    text(labelWidth + plotWidth + 8, middle + 4, ratio.ratio.toFixed(2)),
  ].join('\n');
};

/**
 * Ratios of one pair as bars from 1, on a scale of doublings: a bar to the right is faster. The line over a bar is where
 * eight of ten turns lie; grey is what these do not separate. An SVG document that needs nothing else.
 */
export const drawBench = (report: BenchReport, [subject, against]: readonly [string, string]): string => {
  const bars = report.rows.flatMap((row): readonly Bar[] => {
    const ratio = row.ratios.find((one) => one.subject === subject && one.against === against);
    return ratio === undefined ? [] : [{ label: `${row.group}, ${row.title}`, ratio }];
  });
  const { ticks, x } = makeScale(bars);
  const bottom = top + bars.length * rowHeight;
  const [width, height] = [labelWidth + plotWidth + 60, bottom + 40];
  const grid = ticks.map((tick) =>
    [
      `<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${top}" y2="${bottom}" stroke="${tick === 1 ? '#30343b' : '#d5d8dd'}"/>`,
      text(x(tick), bottom + 16, tick < 1 ? `1/${1 / tick}` : String(tick), ' text-anchor="middle"'),
    ].join('\n'),
  );
  const title = `${subject} (${report.versions[subject] ?? ''}) against ${against} (${report.versions[against] ?? ''})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#30343b" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(16, 24, title, ' font-size="15" font-weight="bold"'),
    text(
      16,
      44,
      `How many times as much in the same time: ${report.cpu}, ${report.pairs} turns, load ${report.loadBefore}`,
    ),
    ...grid,
    ...bars.map((bar, index) => drawBar(bar, top + index * rowHeight, x)),
    '</svg>',
    '',
  ].join('\n');
};
