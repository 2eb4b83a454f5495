import { usableCores } from '../io/host.ts';
import type { BenchDocument, BenchReport } from '../model/bench.ts';
import { describeMasked, type CpuMask } from '../model/cpu.ts';
import type { Failure } from '../model/failure.ts';
import { canonicalJson, prettyJson } from '../model/json.ts';
import type { PlannedCell } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { chooseMask, maskEnvironment } from '../plan/cpu-mask.ts';
import { drawBench } from '../report/bench-chart.ts';
import { formatBench, formatBenchMarkdown } from '../report/bench.ts';
import { measureBench, type BenchSubject } from '../run/bench.ts';
import { loadCpuKnowledge } from '../run/data.ts';
import type { CellSession } from '../run/session.ts';
import { judgeBench } from '../verdict/bench.ts';
import type { CommandContext } from './context.ts';
import { openSelection, type Opened } from './open.ts';
import { runOpened } from './run-opened.ts';
import type { SelectionOptions } from './selection.ts';
import { writeReport } from './write-report.ts';

/** Options of `bench crypto`. */
export interface BenchOptions extends Omit<SelectionOptions, 'maskCpu'> {
  readonly json?: boolean;
  readonly pairs?: string;
  /** Each adds a subject: the built Python without these features. */
  readonly mask?: readonly string[];
  /** Each adds a subject: the same cell built for this target. */
  readonly against?: readonly string[];
  readonly markdown?: string;
  readonly svg?: string;
}

const defaultPairs = 15;
const subjectNames = { cell: 'AWS-LC', twin: 'OpenSSL' } as const;

const noOpenssl: Failure = {
  code: 'package-missing',
  packages: ['headers of OpenSSL'],
  neededFor: 'compile the twin, which the built Python is measured against',
  next: 'Run `cpython-awslc doctor --fix` (libssl-dev, openssl-devel or openssl-dev), or name another: --openssl path:DIR.',
};

const parsePairs = (asked: string | undefined): Result<number, readonly Failure[]> => {
  const pairs = asked === undefined ? defaultPairs : Number(asked);
  return Number.isInteger(pairs) && pairs >= 5 && pairs <= 1000
    ? ok(pairs)
    : fail([{ code: 'usage', message: `--pairs ${asked ?? ''}: must be a whole number from 5 to 1000.` }]);
};

/** The masks that are measured beside, each as it is called in the report. */
const chooseMasks = async (
  asked: readonly string[],
  arch: string,
): Promise<Result<readonly CpuMask[], readonly Failure[]>> => {
  const knowledge = await loadCpuKnowledge();
  if (!knowledge.ok) return fail([knowledge.error]);
  const architecture = knowledge.value.architectures.find((candidate) => candidate.arch === arch);
  const chosen = asked.map((names) => chooseMask(names.split(/[\s,]+/), architecture, arch));
  const wrong = chosen.flatMap((mask) => (mask.ok ? [] : mask.error));
  return wrong.length > 0 ? fail(wrong) : ok(chosen.flatMap((mask) => (mask.ok ? [mask.value] : [])));
};

/** A time in an emulator is no time of the machine that the cell is for. */
const findForeign = ({ prepared: { plan, host } }: Opened): Failure | undefined => {
  const foreign = plan.cells.find(({ cell }) => cell.platform.arch !== host.platform.arch);
  return foreign === undefined
    ? undefined
    : {
        code: 'unsupported',
        what: `Measuring what is built for ${foreign.cell.platform.arch} on this machine`,
        why: `it is ${host.platform.arch}, and times in an emulator say nothing of another machine`,
        next: 'Run the same command on a machine of that kind.',
      };
};

/** What two cells have in common that differ in their target only. */
const keyOf = ({ cell }: Pick<PlannedCell, 'cell'>): string => canonicalJson({ ...cell, target: '' });

/** Cells that others are measured against, by what they have in common with these. */
type Rivals = ReadonlyMap<string, readonly BenchSubject[]>;

/** Opens a selection of the same cells for another target, before anything of either is built. */
const openRivals = async (
  target: string,
  options: BenchOptions,
  measured: Opened,
  context: CommandContext,
): Promise<Result<Opened, readonly Failure[]>> => {
  if (measured.prepared.plan.cells.some(({ cell }) => cell.target === target)) {
    return fail([{ code: 'usage', message: `--against ${target}: that is the target that is measured.` }]);
  }
  const opened = await openSelection({ ...options, target: [target] }, context);
  const foreign = opened.ok ? findForeign(opened.value) : undefined;
  return foreign === undefined ? opened : fail([foreign]);
};

const buildRivals = async (
  opened: readonly Opened[],
  context: CommandContext,
): Promise<Result<Rivals, readonly Failure[]>> => {
  const rivals = new Map<string, BenchSubject[]>();
  for (const one of opened) {
    const ran = await runOpened(one, 'build', false, context);
    if (!ran.ok) return ran;
    if (ran.value.failures.length > 0) return fail(ran.value.failures);
    for (const { planned, prefix } of ran.value.cells) {
      if (prefix === undefined) continue;
      const subject = { name: `${subjectNames.cell} for ${planned.cell.target}`, prefix, environment: {} };
      rivals.set(keyOf(planned), [...(rivals.get(keyOf(planned)) ?? []), subject]);
    }
  }
  return ok(rivals);
};

const nameMasked = ({ names }: CpuMask): string => `${subjectNames.cell} without ${describeMasked(names)}`;

/** Measures one cell; nothing when it, or its twin, was not built. */
const benchCell = async (
  { planned, prefix, twinPrefix }: CellSession,
  masks: readonly CpuMask[],
  rivals: Rivals,
  pairs: number,
  opened: Opened,
  context: CommandContext,
): Promise<Result<BenchReport | undefined>> => {
  if (prefix === undefined || twinPrefix === undefined) return ok(undefined);
  const others: readonly BenchSubject[] = [
    ...masks.map((mask) => ({ name: nameMasked(mask), prefix, environment: maskEnvironment(mask) })),
    ...(rivals.get(keyOf(planned)) ?? []),
  ];
  const subjects: readonly BenchSubject[] = [
    { name: subjectNames.cell, prefix, environment: {} },
    { name: subjectNames.twin, prefix: twinPrefix, environment: {} },
    ...others,
  ];
  const measured = await measureBench({
    subjects,
    pairs,
    tmpDir: opened.store.tmp,
    path: opened.path,
    signal: context.signal,
  });
  if (!measured.ok) return measured;
  const { versions, core, loadBefore, loadAfter, notCounted } = measured.value;
  const { machine } = opened.prepared.host;
  const compared = [
    [subjectNames.cell, subjectNames.twin] as const,
    ...others.map(({ name }) => [subjectNames.cell, name] as const),
  ];
  return ok({
    cell: planned.id,
    cpu: machine.cpu,
    os: machine.os,
    versions,
    core,
    cores: usableCores(),
    pairs,
    loadBefore,
    loadAfter,
    notCounted,
    rows: [...judgeBench(measured.value, compared)],
  });
};

const writePage = async (
  file: string | undefined,
  text: string,
  context: CommandContext,
): Promise<readonly Failure[]> => (file === undefined ? [] : writeReport(file, text, context.cwd));

const checkSvg = (options: BenchOptions, cells: number): readonly Failure[] =>
  options.svg !== undefined && cells > 1
    ? [{ code: 'usage', message: '--svg draws one cell; this selection has several.', next: 'Narrow the axes.' }]
    : [];

/**
 * Builds a selection and its OpenSSL twins, and measures ssl and hashlib of both in turns on one core, and of what `mask` and
 * `against` add. That something is slower is no failure. Failures: those of `build`, `usage`, `package-missing`, and of writing reports.
 */
export const runBench = async (options: BenchOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const pairs = parsePairs(options.pairs);
  if (!pairs.ok) return pairs.error;
  // What is measured was compiled in one go: no figure hangs on what a build tree was before.
  const opened = await openSelection({ ...options, clean: true }, context);
  if (!opened.ok) return opened.error;
  const { plan } = opened.value.prepared;
  const masks = await chooseMasks(options.mask ?? [], plan.platform.arch);
  if (!masks.ok) return masks.error;
  const foreign = findForeign(opened.value);
  const unable = [...checkSvg(options, plan.cells.length), ...(foreign === undefined ? [] : [foreign])];
  if (unable.length > 0) return unable;
  if (plan.cells.some(({ steps }) => steps['install-twin'] === undefined)) return [noOpenssl];
  const others: Opened[] = [];
  for (const target of options.against ?? []) {
    const rival = await openRivals(target, options, opened.value, context);
    if (!rival.ok) return rival.error;
    others.push(rival.value);
  }
  const ran = await runOpened(opened.value, 'bench', false, context);
  if (!ran.ok) return ran.error;
  const rivals = await buildRivals(others, context);
  if (!rivals.ok) return [...ran.value.failures, ...rivals.error];
  const failures: Failure[] = [...ran.value.failures];
  const cells: BenchReport[] = [];
  for (const cell of ran.value.cells) {
    const measured = await benchCell(cell, masks.value, rivals.value, pairs.value, opened.value, context);
    if (!measured.ok) failures.push(measured.error);
    else if (measured.value !== undefined) cells.push(measured.value);
  }
  const document: BenchDocument = { version: 1, kind: 'bench', cells, failures };
  failures.push(...(await writePage(options.markdown, formatBenchMarkdown(document), context)));
  const drawn = cells.map((report) => drawBench(report, [subjectNames.cell, subjectNames.twin]));
  failures.push(...(await writePage(options.svg, drawn.join(''), context)));
  if (options.json === true) context.out(prettyJson(document));
  else if (cells.length > 0) context.out(formatBench(document, { color: context.terminal.color }));
  return failures;
};
