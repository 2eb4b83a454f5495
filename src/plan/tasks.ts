import type { Cell } from '../model/cell.ts';
import { compareCodeUnits } from '../model/json.ts';
import type { Failure } from '../model/failure.ts';
import type { ElsewhereCell, Plan } from '../model/plan.ts';
import type { MatrixStage } from '../model/record.ts';
import type { Submission, Task } from '../model/slurm.ts';

/** What a cluster offers: features of nodes that may be had. */
export interface Offer {
  readonly features: readonly string[];
}

/** A cell for an engine, whether the machine that plans could build it or not. */
interface EngineCell {
  readonly id: string;
  readonly cell: Cell;
  /** Cells with the same value share a core. */
  readonly core: string;
}

export interface TaskPlan {
  readonly tasks: readonly Task[];
  /** Cells that no node can do, with the reason. */
  readonly refused: readonly ElsewhereCell[];
}

/** Targets that any machine of the architecture builds and runs. */
const anywhere: readonly string[] = ['generic', 'native'];

/**
 * Whether another machine than this may do what this one cannot: a level of CPU, or a program that is missing here. What is
 * wrong with a `generic` cell otherwise is wrong everywhere.
 */
const mayBeOfAnotherNode = ({ cell, failure }: ElsewhereCell): boolean =>
  !anywhere.includes(cell.target) || failure.code === 'tool-missing' || failure.code === 'package-missing';

/** The core of a cell whose steps are not planned here, by all that names one but the hash set of its AWS-LC. */
const nameCore = ({ python, platform, target, optimization, cipherString }: Cell): string =>
  JSON.stringify([python, platform, target, optimization, cipherString]);

/** The feature that a cell asks of its node: the target's name, or its architecture where the cluster tells architectures apart. */
const chooseFeature = (
  { target, platform }: Cell,
  features: ReadonlyMap<string, string>,
  offer: Offer,
): string | null => {
  const named = features.get(target);
  if (named !== undefined) return named;
  if (!anywhere.includes(target)) return target;
  return offer.features.includes(platform.arch) ? platform.arch : null;
};

const titleCore = ({ python, target, optimization }: Cell): string =>
  `core of CPython ${python.version}, ${target}, ${optimization}`;
const titleCell = ({ python, awslc, target, link, optimization }: Cell): string =>
  `CPython ${python.version} on AWS-LC ${awslc.version}, ${target}, ${link}, ${optimization}`;

/**
 * The asked cells of a plan as tasks: one for each core, and one for each cell, which waits for its core. Cells of this machine's
 * plan and of other machines alike: a node decides for itself what it can do. Order is the plan's.
 */
export const planTasks = (
  plan: Pick<Plan, 'cells' | 'elsewhere'>,
  stage: MatrixStage,
  asked: ReadonlySet<string>,
  features: ReadonlyMap<string, string>,
  offer: Offer,
): TaskPlan => {
  const elsewhere = plan.elsewhere ?? [];
  const isAsked = ({ id }: { readonly id: string }): boolean => asked.has(id);
  const refused: ElsewhereCell[] = elsewhere.filter((one) => isAsked(one) && !mayBeOfAnotherNode(one));
  const cells: EngineCell[] = [];
  for (const one of [...plan.cells, ...elsewhere.filter(mayBeOfAnotherNode)].filter(isAsked)) {
    const feature = chooseFeature(one.cell, features, offer);
    if (feature === null || offer.features.includes(feature)) {
      const core = 'steps' in one ? one.steps['compile-core'] : undefined;
      cells.push({ id: one.id, cell: one.cell, core: core ?? nameCore(one.cell) });
    } else {
      const failure: Failure = { code: 'no-node', target: one.cell.target, feature, known: [...offer.features] };
      refused.push({ id: one.id, cell: one.cell, failure });
    }
  }
  const tasks: Task[] = [];
  const cores = new Map<string, Task>();
  for (const { core, cell, id } of cells) {
    const known = cores.get(core);
    if (known !== undefined) known.cells.push(id);
    else {
      const feature = chooseFeature(cell, features, offer);
      const task: Task = {
        index: tasks.length,
        kind: 'core',
        title: titleCore(cell),
        cells: [id],
        after: null,
        feature,
      };
      cores.set(core, task);
      tasks.push(task);
    }
  }
  for (const { core, cell, id } of stage === 'core' ? [] : cells) {
    const after = cores.get(core);
    if (after === undefined) throw new Error(`no core of ${id}`);
    const { feature } = after;
    tasks.push({ index: tasks.length, kind: 'cell', title: titleCell(cell), cells: [id], after: after.index, feature });
  }
  return { tasks, refused };
};

/** How many tasks one job array takes: Slurm's own MaxArraySize is 1001 unless a site says otherwise. */
const arrayLimit = 1000;

/** One array to submit, and the task that must have ended well before. */
export interface PlannedSubmission {
  readonly submission: Submission;
  readonly feature: string | null;
  /** Index of the core; absent where there is nothing to wait for. */
  readonly after?: number;
}

/**
 * Job arrays for tasks, in the order in which they are submitted: cores that ask for the same node together, then the cells of
 * each core, so that a core which fails holds back its own cells only. Their names are the prefix and a number that counts on `from`;
 * `isDone` tells cores that need not be waited for.
 */
export const planSubmissions = (
  tasks: readonly Task[],
  prefix: string,
  from: number,
  isDone: (core: number) => boolean,
): readonly PlannedSubmission[] => {
  const groups = new Map<string, Task[]>();
  for (const task of [...tasks].sort((a, b) => compareCodeUnits(b.kind, a.kind) || a.index - b.index)) {
    const key = JSON.stringify([task.kind, task.feature, task.after]);
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  const arrays = [...groups.values()].flatMap((group) => {
    const parts: Task[][] = [];
    for (let at = 0; at < group.length; at += arrayLimit) parts.push(group.slice(at, at + arrayLimit));
    return parts;
  });
  return arrays.flatMap((array, number): PlannedSubmission[] => {
    const [first] = array;
    if (first === undefined) return [];
    const { after, feature } = first;
    return [
      {
        submission: { name: `${prefix}-${from + number}`, tasks: array.map(({ index }) => index), job: null },
        feature,
        ...(after === null || isDone(after) ? {} : { after }),
      },
    ];
  });
};
