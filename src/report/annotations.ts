import { readFailure } from '../model/failure-schema.ts';
import type { Failure } from '../model/failure.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import { isExpected, type BaselineComparison, type Verdict, type VerdictReport } from '../model/verdict.ts';
import { describeFailure } from './failure.ts';
import { formatCount, plural, stripControls } from './text.ts';
import { describeCell, groupUnexpected } from './verdicts.ts';

/** What GitHub shows beside a run, or at a line of a file. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  /** Path in the repository, where it is known. */
  readonly file?: string;
  readonly line?: number;
}

/** GitHub shows ten of a level for each step of a job, and drops the rest without a word. */
const mostShown = 10;
/** How much of a message is shown, in characters: the report has all of it. */
const mostText = 4000;

const shorten = (text: string): string => (text.length <= mostText ? text : `${text.slice(0, mostText)}...`);

/** The data of a workflow command: a percent sign begins an escape, and a line ends it. */
const escapeData = (text: string): string =>
  stripControls(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** A property of a workflow command ends at a colon or comma too. */
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const formatAnnotation = ({ level, title, message, file, line }: Annotation): string => {
  const properties = [
    ...(file === undefined ? [] : [['file', file] as const]),
    ...(line === undefined ? [] : [['line', String(line)] as const]),
    ['title', title] as const,
  ];
  return `::${level} ${properties.map(([name, value]) => `${name}=${escapeProperty(value)}`).join(',')}::${escapeData(message)}\n`;
};

/**
 * Annotations as workflow commands of GitHub Actions, one on a line; what a step prints on either stream is read for them. When there are
 * more of a level than are shown, the last one says how many are not.
 */
export const formatAnnotations = (annotations: readonly Annotation[]): string =>
  (['error', 'warning', 'notice'] as const)
    .flatMap((level) => {
      const all = annotations.filter((annotation) => annotation.level === level);
      if (all.length <= mostShown) return all;
      const shown = all.slice(0, mostShown - 1);
      const rest = formatCount(all.length - shown.length);
      return [...shown, { level, title: `${rest} more`, message: `${rest} more: the report has all of them.` }];
    })
    .map(formatAnnotation)
    .join('');

/** What is known of where a test's source lies in the repository that the job is for. */
export interface SourcePlace {
  /** The directory of CPython's source in it, `.` where it is the repository itself; absent when its source is from elsewhere. */
  readonly pythonDir?: string;
}

/** Where a case lies that failed: its file, and the line that the traceback names last in it. */
const locate = ({ file, details }: Verdict, { pythonDir }: SourcePlace): Pick<Annotation, 'file' | 'line'> => {
  if (pythonDir === undefined) return {};
  const path = `Lib/test/${file.replaceAll('.', '/')}.py`;
  const lines = [...(details ?? '').matchAll(/^\s*File "([^"]+)", line (\d+)/gm)];
  const line = lines.findLast(([, at]) => at?.endsWith(path) === true)?.[2];
  return {
    file: pythonDir === '.' ? path : `${pythonDir}/${path}`,
    ...(line === undefined ? {} : { line: Number(line) }),
  };
};

/** Verdicts that fail a run: with a baseline those that are worse than in it, else those that are unexpected. */
const selectFailing = (
  verdicts: readonly Verdict[],
  comparison: BaselineComparison | undefined,
): readonly Verdict[] => {
  if (comparison === undefined) return verdicts.filter(({ verdict }) => !isExpected(verdict));
  const worse = new Set([...comparison.worse, ...comparison.new].map(({ id, file }) => `${file} ${id}`));
  return verdicts.filter(({ id, file, verdict }) => !isExpected(verdict) && worse.has(`${file} ${id}`));
};

const annotateGroup =
  (cell: string, place: SourcePlace) =>
  ({ verdict, all }: { readonly verdict: Verdict; readonly all: readonly Verdict[] }): Annotation => ({
    level: 'error',
    title:
      all.length === 1
        ? `${verdict.verdict} ${verdict.id}`
        : `${verdict.verdict} ${plural(all.length, 'case')} of ${verdict.file}`,
    message: [shorten(verdict.reason ?? verdict.verdict), cell].join('\n'),
    ...locate(verdict, place),
  });

/** Annotations of one cell's suites: the verdicts that fail its run, many alike as one. */
export const annotateVerdicts = (
  report: Pick<VerdictReport, 'cell' | 'verdicts' | 'baseline'>,
  place: SourcePlace = {},
): readonly Annotation[] =>
  groupUnexpected(selectFailing(report.verdicts, report.baseline?.comparison)).map(
    annotateGroup(describeCell(report.cell), place),
  );

/** Annotations of failures; what verdicts say themselves is left to them. */
export const annotateFailures = (failures: readonly Failure[]): readonly Annotation[] =>
  failures
    .filter(({ code }) => code !== 'verdicts-unexpected')
    .map((failure) => ({
      level: 'error',
      title: `cpython-awslc: ${failure.code}`,
      message: shorten(describeFailure(failure)),
    }));

/** Annotations of a matrix: of each cell that is not as expected, what failed or the verdicts that are not. */
export const annotateMatrix = (matrix: Pick<MatrixRecord, 'cells'>, place: SourcePlace = {}): readonly Annotation[] =>
  matrix.cells
    .filter(({ state }) => state !== 'as-expected')
    .flatMap(({ cell, state, failures, suites }) => {
      const told = [
        ...annotateFailures(failures.map(readFailure)).map((one) => ({
          ...one,
          message: `${one.message}\n${describeCell(cell)}`,
        })),
        ...(suites === null
          ? []
          : annotateVerdicts(
              {
                cell,
                verdicts: suites.unexpected,
                ...(suites.baseline === undefined ? {} : { baseline: suites.baseline }),
              },
              place,
            )),
      ];
      // Whether they matter is for `--partial` to say: the exit code tells.
      const level = state === 'cannot-run' || state === 'not-run' ? ('warning' as const) : ('error' as const);
      if (told.length > 0) return told.map((one) => ({ ...one, level }));
      return [{ level, title: `cpython-awslc: ${state}`, message: describeCell(cell) }];
    });
