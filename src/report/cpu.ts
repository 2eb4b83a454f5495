import { describeMasked } from '../model/cpu.ts';
import type { CpuPath, CpuPaths, CpuReport } from '../model/cpu-report.ts';
import { escapeInline } from './markdown.ts';
import { paint, printable, type TextOptions } from './text.ts';

/** What is formally verified of a path, in words; the sources' silence is not a no. */
const describeVerified = ({ path, verified }: CpuPath): string =>
  verified === undefined
    ? path === null
      ? 'not known'
      : 'no statement'
    : `${verified.answer}${verified.tool === '' || verified.answer === 'not covered' ? '' : ` (${verified.tool})`}`;

/** Caveats and the note of a path's entry, in one text. */
const describeCaveats = ({ verified }: CpuPath): string =>
  verified === undefined
    ? ''
    : [verified.caveats.join(', '), verified.note ?? ''].filter((text) => text !== '').join('. ');

const heading = ({ awslc, arch, masked, emulated }: CpuReport): string =>
  `AWS-LC ${awslc} on ${emulated ? `an emulator's ${arch} CPU, not the target's own` : `this ${arch} CPU`}${masked.length === 0 ? '' : `, without ${describeMasked(masked)}`}`;

const featureLines = ({ features, words, wordsSource }: CpuReport): readonly string[] => {
  const named = (present: boolean): string =>
    features
      .filter((feature) => feature.present === present)
      .map(({ name }) => name)
      .join(' ') || 'none';
  return words === null
    ? [`  AWS-LC's words are not known: ${wordsSource}`]
    : [`  words     ${words.join(' ')} (${wordsSource})`, `  seen      ${named(true)}`, `  not seen  ${named(false)}`];
};

const pathLines = (path: CpuPath, width: number, options: TextOptions): readonly string[] => {
  const caveats = describeCaveats(path);
  return [
    `  ${path.primitive.padEnd(width)}  ${path.path === null ? paint('not known', 'yellow', options) : printable(path.path, options)}`,
    `  ${' '.repeat(width)}  ${paint(`how: ${path.path === null ? path.reason : `${path.rule ?? ''}; ${path.reason}`}`, 'dim', options)}`,
    `  ${' '.repeat(width)}  ${paint(`verified: ${describeVerified(path)}${caveats === '' ? '' : `; ${caveats}`}`, 'dim', options)}`,
  ];
};

/** What AWS-LC sees of this CPU, which code each primitive takes and how that was found, and what of it is verified. */
export const formatCpu = (document: CpuPaths, options: TextOptions): string => {
  const cells = document.cells.map((report) => {
    const width = Math.max(...report.paths.map(({ primitive }) => primitive.length));
    return [
      paint(heading(report), 'bold', options),
      `  cell      ${report.cell}`,
      ...featureLines(report),
      '',
      ...report.paths.flatMap((path) => pathLines(path, width, options)),
    ].join('\n');
  });
  return `${[
    ...cells,
    [
      'What is said to be verified:',
      ...document.caveats.map((text) => `  - ${printable(text, options)}`),
      ...document.sources.map(
        ({ title, where, readOn }) => `  - ${printable(title, options)}: ${where}, read ${readOn}`,
      ),
    ].join('\n'),
  ].join('\n\n')}\n`;
};

/** The same for a page that shows Markdown. */
export const formatCpuMarkdown = (document: CpuPaths): string =>
  [
    ...document.cells.map((report) =>
      [
        `### ${escapeInline(heading(report))}`,
        '',
        report.words === null
          ? `AWS-LC's words are not known: ${escapeInline(report.wordsSource)}.`
          : `Words: \`${report.words.join(' ')}\` (${escapeInline(report.wordsSource)}). Seen: ${report.features
              .filter(({ present }) => present)
              .map(({ name }) => name)
              .join(', ')}.`,
        '',
        '| Primitive | Implementation | Found by | Formally verified |',
        '|---|---|---|---|',
        ...report.paths.map((path) => {
          const caveats = describeCaveats(path);
          return `| ${[
            path.primitive,
            path.path ?? 'not known',
            path.path === null ? path.reason : (path.symbol ?? path.rule ?? ''),
            `${describeVerified(path)}${caveats === '' ? '' : `: ${caveats}`}`,
          ]
            .map(escapeInline)
            .join(' | ')} |`;
        }),
      ].join('\n'),
    ),
    document.caveats.map((text) => `- ${escapeInline(text)}`).join('\n'),
  ].join('\n\n') + '\n';
