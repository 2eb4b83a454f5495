import { resolve } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Cell } from '../model/cell.ts';
import type { Failure } from '../model/failure.ts';
import { matrixRecordSchema, type MatrixRecord } from '../model/matrix.ts';
import type { MatrixStage } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { suggestWord } from '../model/suggest.ts';
import { estimateCells, readCellTimes, type RecordedCell } from '../plan/cell-costs.ts';
import { narrowPlan } from '../plan/narrow.ts';
import { shardCells } from '../plan/shard-cells.ts';
import { findRuns } from '../run/find-runs.ts';
import type { Store } from '../run/store.ts';
import { findForeign } from './find-foreign.ts';
import { checkToolchain, type Opened } from './open.ts';

/** Which part of a matrix a run is to do. */
export interface CellsOptions {
  readonly cell?: readonly string[];
  readonly shard?: string;
  readonly times?: string;
}

/** The asked cells, and how all were shared out where that was asked. */
export interface ChosenCells {
  readonly asked: readonly string[];
  readonly shard?: NonNullable<MatrixRecord['shard']>;
}

/** Reads an earlier matrix. Failures: `unknown-run`, `record-invalid`. */
export const loadMatrix = async (asked: string, cwd: string): Promise<Result<MatrixRecord>> => {
  const file = resolve(cwd, asked);
  const read = await readJson(matrixRecordSchema, file);
  if (read.ok) return read;
  if (read.error.kind === 'absent') {
    return fail({ code: 'unknown-run', asked, reason: 'there is no such matrix.json' });
  }
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: read.error.reason }];
  return fail({ code: 'record-invalid', path: file, problems });
};

/** Parses `--shard I/N`. */
export const parseShard = (value: string): Result<{ readonly index: number; readonly of: number }> => {
  const [, index = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(value) ?? []).map(Number);
  return index >= 1 && index <= of
    ? ok({ index, of })
    : fail({
        code: 'usage',
        message: `--shard ${value}: must be I/N, two whole numbers with I from 1 to N.`,
        next: 'For instance --shard 1/4 on the first of four machines, --shard 4/4 on the last.',
      });
};

/** Times of an earlier run or matrix: a matrix.json, or whatever names runs. Failures: `unknown-run`, `record-invalid`. */
const loadTimes = async (
  asked: string,
  store: Store,
  cwd: string,
): Promise<Result<readonly RecordedCell[], readonly Failure[]>> => {
  const matrix = await loadMatrix(asked, cwd);
  if (matrix.ok) return ok(readCellTimes(matrix.value));
  const runs = await findRuns([asked], { store, cwd });
  return runs.ok ? ok(runs.value.flatMap(({ record }) => readCellTimes(record))) : runs;
};

const unknownCell = (asked: string, ids: readonly string[]): Failure => {
  const suggestion = suggestWord(asked, ids);
  const meant = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  return {
    code: 'usage',
    message: `--cell ${asked}: the recipe has no such cell.${meant}`,
    next: '`cpython-awslc plan --json` and matrix.json have the ids of cells; they change with the version, content and options of a cell.',
  };
};

/** Which cells a run is to do. Failures: `usage`; of `--times` `unknown-run` and `record-invalid`. */
export const chooseAsked = async (
  options: CellsOptions,
  { prepared: { plan }, store }: Pick<Opened, 'prepared' | 'store'>,
  stage: MatrixStage,
  cwd: string,
): Promise<Result<ChosenCells, readonly Failure[]>> => {
  const cells: readonly { readonly id: string; readonly cell: Cell }[] = [...plan.cells, ...(plan.elsewhere ?? [])];
  const ids = cells.map(({ id }) => id);
  if (options.cell !== undefined) {
    const unknown = options.cell.filter((asked) => !ids.includes(asked));
    if (unknown.length > 0) return fail(unknown.map((asked) => unknownCell(asked, ids)));
  }
  const named = options.cell;
  const among = named === undefined ? cells : cells.filter(({ id }) => named.includes(id));
  if (options.shard === undefined) return ok({ asked: among.map(({ id }) => id) });
  const shard = parseShard(options.shard);
  if (!shard.ok) return fail([shard.error]);
  const times = options.times === undefined ? ok([]) : await loadTimes(options.times, store, cwd);
  if (!times.ok) return times;
  const { index, of } = shard.value;
  const assigned = shardCells(among, of, estimateCells(stage, times.value));
  const own = new Set(assigned.flatMap((one) => (one.shard === index ? [one.id] : [])));
  const costsFrom = options.times === undefined ? 'by estimates' : 'by recorded times';
  return ok({
    asked: among.flatMap(({ id }) => (own.has(id) ? [id] : [])),
    shard: { index, of, costsFrom, cells: assigned },
  });
};

const noTwin: Failure = {
  code: 'package-missing',
  packages: ['headers of OpenSSL'],
  neededFor: 'compile the twin, which a cell is compared with',
  next: 'Run `cpython-awslc doctor --fix` (libssl-dev, openssl-devel or openssl-dev), or name another: --openssl path:DIR.',
};

/**
 * Asked cells that cannot run on this machine, by id, and why: of another machine without an emulator, without a twin to compare
 * with, without a program or package. Failure: `unsupported`, where nothing at all can be built in this store.
 */
export const findRefused = async (
  opened: Opened,
  asked: readonly string[],
  stage: MatrixStage,
  emulate: boolean,
): Promise<Result<ReadonlyMap<string, Failure>, readonly Failure[]>> => {
  const refused = new Map<string, Failure>();
  const isRun = stage === 'prove' || stage === 'test' || stage === 'diff';
  for (const id of asked) {
    const plan = narrowPlan(opened.prepared.plan, new Set([id]));
    const [planned] = plan.cells;
    if (planned === undefined) continue;
    const narrowed = { ...opened, prepared: { ...opened.prepared, plan } };
    const isForeign = planned.cell.platform.arch !== opened.prepared.host.platform.arch;
    const lacksTwin = stage === 'diff' && planned.steps['test-twin'] === undefined;
    const why =
      findForeign(narrowed.prepared, emulate || !isRun) ??
      (lacksTwin ? (isForeign ? foreignTwin : noTwin) : (await checkToolchain(narrowed, stage))[0]);
    if (why?.code === 'unsupported' && !isForeign) return fail([why]);
    if (why !== undefined) refused.set(id, why);
  }
  return ok(refused);
};

const foreignTwin: Failure = {
  code: 'unsupported',
  what: 'A comparison of what is built for another machine',
  why: 'this machine’s OpenSSL is not of that one: it has no twin',
  next: 'Run it on a machine of that kind, or up to test.',
};
