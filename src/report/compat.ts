import type { CompatCell, CompatReport } from '../model/compat.ts';
import { paint, type TextOptions } from './text.ts';

/** Columns of a terminal that a table must fit. */
const widest = 80;

const markOf = ({ status, patches, shims }: CompatCell): string => {
  switch (status) {
    case 'ok':
      return [...(patches.length > 0 ? ['P'] : []), ...(shims.length > 0 ? ['S'] : [])].join('+') || 'ok';
    case 'incompatible':
      return 'no';
    case 'not-fetched':
      return '?';
    case 'failed':
      return '!';
  }
};

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];

/** As many CPython columns as fit beside the AWS-LC versions, then the next ones in a table below. */
const splitColumns = (pythons: readonly string[], first: number): readonly (readonly string[])[] => {
  const tables: string[][] = [[]];
  let width = first;
  for (const python of pythons) {
    const needed = python.length + 2;
    if (width + needed > widest && tables.at(-1)?.length !== 0) {
      tables.push([]);
      width = first;
    }
    tables.at(-1)?.push(python);
    width += needed;
  }
  return tables;
};

const formatTable = (
  report: CompatReport,
  pythons: readonly string[],
  awslcs: readonly string[],
  options: TextOptions,
): string => {
  const first = Math.max(...awslcs.map((version) => version.length), 'AWS-LC'.length);
  const find = new Map(report.cells.map((cell) => [`${cell.python} ${cell.awslc}`, cell]));
  const heading = `${'AWS-LC'.padEnd(first)}${pythons.map((python) => `  ${python}`).join('')}`;
  const rows = awslcs.map((awslc) => {
    const marks = pythons.map((python) => {
      const cell = find.get(`${python} ${awslc}`);
      return `  ${(cell === undefined ? '' : markOf(cell)).padEnd(python.length)}`;
    });
    return `${awslc.padEnd(first)}${marks.join('')}`.trimEnd();
  });
  return [paint(heading, 'bold', options), ...rows].join('\n');
};

/** Words in lines of a width, each line with an indent. */
const wrap = (words: readonly string[], indent: string): string => {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line.length + word.length + 1 > widest && line !== indent) {
      lines.push(line);
      line = indent;
    }
    line = line === indent ? `${indent}${word}` : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
};

/** Versions that have one thing in common, as `3.14.6: 1.26.0, 1.49.0`. */
const listCells = (cells: readonly CompatCell[]): readonly string[] =>
  unique(cells.map(({ python }) => python)).map(
    (python) =>
      `CPython ${python} with AWS-LC ${cells
        .filter((cell) => cell.python === python)
        .map(({ awslc }) => awslc)
        .join(', ')}`,
  );

/** Cells in groups of equal text, in the order of their first cell. */
const groupCells = (
  cells: readonly CompatCell[],
  tell: (cell: CompatCell) => string,
): readonly (readonly [text: string, cells: readonly CompatCell[]])[] =>
  unique(cells.map(tell)).map((text) => [text, cells.filter((cell) => tell(cell) === text)]);

const words = (text: string): readonly string[] => text.split(' ');

const formatCannot = (cells: readonly CompatCell[]): readonly string[] => {
  const cannot = cells.filter(({ status }) => status === 'incompatible');
  const reasons = new Map(cannot.flatMap((cell) => cell.cannot.map(({ name, reason }) => [name, reason] as const)));
  const byReason = unique([...reasons.values()].flatMap((reason) => reason ?? []));
  return cannot.length === 0
    ? []
    : [
        '',
        'Cannot be compiled; what stays missing:',
        ...groupCells(cannot, (cell) => cell.cannot.map(({ name }) => name).join(', ')).flatMap(([names, group]) => [
          ...listCells(group).map((line) => wrap(words(line), '  ')),
          wrap(words(names), '    '),
        ]),
        ...(byReason.length === 0 ? [] : ['', 'Why there is no shim:']),
        ...byReason.flatMap((reason) => [
          wrap(
            [...reasons]
              .filter(([, other]) => other === reason)
              .map(([name], index, all) => (index < all.length - 1 ? `${name},` : `${name}:`)),
            '  ',
          ),
          wrap(words(reason), '    '),
        ]),
      ];
};

const formatUnchecked = (cells: readonly CompatCell[], status: 'not-fetched' | 'failed'): readonly string[] => {
  const some = cells.filter((cell) => cell.status === status);
  const title = status === 'failed' ? 'Could not be checked:' : 'Could not be fetched:';
  return some.length === 0
    ? []
    : [
        '',
        title,
        ...groupCells(some, ({ reason }) => reason ?? '').flatMap(([reason, group]) => [
          wrap(words(describeGroup(group)), '  '),
          wrap(words(reason), '    '),
        ]),
      ];
};

/** What a group of cells without a source has in common: one CPython, one AWS-LC, or neither. */
const describeGroup = (cells: readonly CompatCell[]): string => {
  const [pythons, awslcs] = [unique(cells.map(({ python }) => python)), unique(cells.map(({ awslc }) => awslc))];
  if (awslcs.length > 1 && pythons.length === 1) return `CPython ${pythons.join()}`;
  if (pythons.length > 1 && awslcs.length === 1) return `AWS-LC ${awslcs.join()}`;
  return listCells(cells).join('; ');
};

/** Every name that a released CPython misses, with what answers it and where. */
const formatAnswers = (cells: readonly CompatCell[]): readonly string[] => {
  const answered = cells.flatMap((cell) =>
    cell.missing.flatMap(({ name, answer }) => (answer === undefined ? [] : [{ name, answer, cell }])),
  );
  const answers = unique(answered.map(({ answer }) => answer));
  return answers.length === 0
    ? []
    : [
        '',
        'Missing as released, and answered:',
        ...answers.flatMap((answer) => {
          const of = answered.filter((one) => one.answer === answer);
          const pythons = unique(of.map(({ cell }) => cell.python));
          return [
            wrap(words(`${answer} (CPython ${pythons.join(', ')})`), '  '),
            wrap(words(unique(of.map(({ name }) => name)).join(', ')), '    '),
          ];
        }),
      ];
};

/** The table of what compiles against what, a legend of the marks that are in it, and the names behind them. */
export const formatCompat = (report: CompatReport, options: TextOptions): string => {
  const { cells } = report;
  const [pythons, awslcs] = [unique(cells.map(({ python }) => python)), unique(cells.map(({ awslc }) => awslc))];
  const first = Math.max(...awslcs.map((version) => version.length), 'AWS-LC'.length);
  const marks = new Set(cells.map(markOf));
  const has = (letter: string): boolean => [...marks].some((mark) => mark.includes(letter));
  const legend = [
    ...(marks.has('ok') ? ['  ok  compiles as released'] : []),
    ...(has('P') ? ['  P   compiles with our patches'] : []),
    ...(has('S') ? ['  S   compiles with a shim for what AWS-LC lacks'] : []),
    ...(marks.has('no') ? ['  no  cannot be compiled'] : []),
    ...(marks.has('?') ? ['  ?   a source could not be fetched'] : []),
    ...(marks.has('!') ? ['  !   could not be checked'] : []),
  ];
  const lines = [
    "CPython's _ssl.c and _hashopenssl.c against AWS-LC's headers, for syntax only by",
    `${report.compiler}. What compiles is not thereby shown to work.`,
    '',
    ...splitColumns(pythons, first).flatMap((columns) => [formatTable(report, columns, awslcs, options), '']),
    ...legend,
    ...formatAnswers(cells),
    ...(report.shims.length === 0 ? [] : ['', 'What a shim loses:']),
    ...report.shims.map(({ name, loses }) => wrap(words(`${name}: ${loses}`), '  ')),
    ...formatCannot(cells),
    ...formatUnchecked(cells, 'not-fetched'),
    ...formatUnchecked(cells, 'failed'),
  ];
  return `${lines.join('\n')}\n`;
};
