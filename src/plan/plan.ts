import type { CpuCode } from '../model/cpu-code.ts';
import type { Cell } from '../model/cell.ts';
import type { CpuArchitecture, CpuMask } from '../model/cpu.ts';
import { digestValue } from '../model/digest.ts';
import type { Failure } from '../model/failure.ts';
import type { FipsServices } from '../model/fips-services.ts';
import type { Host } from '../model/host.ts';
import { packagesName, type Packages } from '../model/packages.ts';
import type { ElsewhereCell, Plan, PlannedCell, Step, StepKind, TestSelection } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { LoadedShim } from '../model/shim.ts';
import type { OpensslChoice } from '../model/source.ts';
import type { CellChoice, ResolvedRecipe } from '../recipe/resolve.ts';
import { planAwslc } from './awslc.ts';
import { noteKept } from './awslc-kept.ts';
import { noteCell } from './cell-notes.ts';
import { planCompat } from './compat.ts';
import { planCore } from './core.ts';
import { noteCross, planCross } from './cross-cell.ts';
import { isForeign, type CrossMachine } from './cross.ts';
import type { Asset, CellDraft } from './draft.ts';
import { buildEnvironment, withoutCompileCache } from './environment.ts';
import { buildExpectations } from './expectations.ts';
import { noteIndicator } from './indicator-expectations.ts';
import { planCellInstall } from './install.ts';
import { planModules } from './modules.ts';
import { choosePatches, findPatchProblems, notePatches } from './patches.ts';
import { chooseShims, noteShims } from './shims.ts';
import { chooseTargetFlags } from './target.ts';
import { chooseTools } from './tools.ts';
import { planTwin } from './twin.ts';
import { planProve, planTest } from './verify.ts';
import { notePackages, planWheels } from './wheels.ts';

export interface PlanInput {
  readonly resolved: ResolvedRecipe;
  readonly host: Host;
  /** Files of this tool that run inside the built Python. */
  readonly assets: readonly Asset[];
  readonly test: TestSelection;
  /** Every shim that is known. */
  readonly patches: readonly LoadedPatch[];
  /** Whether patches may be tried outside the versions that they are known for. */
  readonly tryPatches: boolean;
  readonly shims: readonly LoadedShim[];
  /** Which services of FIPS modules are approved. */
  readonly services: FipsServices;
  /** Which CPU-specific code each AWS-LC has. */
  readonly cpuCode: CpuCode;
  /** How this machine builds for others. */
  readonly cross: readonly CrossMachine[];
  /** What AWS-LC looks at on a CPU, by architecture. */
  readonly cpu: readonly CpuArchitecture[];
  /** Features of the CPU that proof and suites of the cells do without: all cells are of one architecture then. */
  readonly mask?: CpuMask;
  /** The packages of the preset `packages`, and their wheels. */
  readonly packages: Packages;
  /** The OpenSSL of the twin, unless it is the machine's own. */
  readonly openssl?: OpensslChoice;
  /** Machines that this one cannot build for, and why, where cells of other machines were asked for too. */
  readonly unreachable?: ReadonlyMap<string, Failure>;
  /** Whether AWS-LC of a checkout may be compiled on from the build tree that is kept for it; not unless given. */
  readonly mayKeep?: boolean;
}

const foreignPackages: Failure = {
  code: 'unsupported',
  what: 'The preset packages for another machine than this one',
  why: 'its pip, and servers in processes of their own, would have to run in the emulator, which was never tried',
  next: 'Run it on that machine.',
};

const sourceKinds: readonly StepKind[] = ['fetch', 'unpack', 'patch'];

/** Nothing is configured or compiled before it is known that this cell can compile; probes and sources need not wait. */
const holdBack = (steps: readonly Step[], compat: Step, assembler: Step | undefined): readonly Step[] =>
  steps.map((step) => {
    if (!['configure', 'compile', 'modules'].includes(step.kind)) return step;
    const checked = assembler !== undefined && step.kind === 'compile' && step.subject === 'awslc';
    return { ...step, after: [compat.id, ...(checked ? [assembler.id] : [])] };
  });

/** A step that several cells share waits for what each of them must know first. */
const mergeAfter = (known: Step | undefined, step: Step): Step => {
  const after = [...new Set([...(known?.after ?? []), ...(step.after ?? [])])];
  return after.length === 0 ? step : { ...step, after };
};

/** A cell's id: readable parts, then the digest of the whole cell. */
export const nameCell = (cell: Cell): string =>
  `cpython-${cell.python.version}+awslc-${cell.awslc.version}-${cell.platform.arch}-${cell.platform.libc}-${cell.target}-${cell.link}-${cell.optimization}-${digestValue(cell).slice(0, 8)}`;

const planCell = (
  draft: CellDraft,
  id: string,
  {
    test,
    services,
    cpuCode,
    cpu,
    mask,
    packages: known,
  }: Pick<PlanInput, 'test' | 'services' | 'cpuCode' | 'cpu' | 'mask' | 'packages'>,
  openssl: OpensslChoice | undefined,
): { planned: PlannedCell; steps: readonly Step[] } => {
  const awslc = planAwslc(draft, cpuCode);
  const core = planCore(draft);
  const modules = planModules(draft, {
    cpython: core.tree,
    core: core.core,
    awslc: awslc.tree,
    library: awslc.library,
    probe: awslc.probe,
  });
  const install = planCellInstall(draft, { core: core.core, modules, library: awslc.library });
  const architecture = cpu.find(({ arch }) => arch === draft.cell.platform.arch);
  const expectations = buildExpectations({
    ...draft,
    services,
    cpuCode,
    ...(architecture === undefined ? {} : { cpu: architecture }),
    ...(mask === undefined ? {} : { mask }),
  });
  const prove = planProve(draft, install, expectations, mask);
  const packages = test.preset === packagesName ? planWheels(draft, install, known) : undefined;
  const tested = planTest(draft, install, test, { subject: 'cell', mask, packages });
  // What is built here for another machine has no twin: this machine's OpenSSL is not of that one.
  const twin =
    openssl === undefined || draft.cross !== undefined
      ? []
      : planTwin(draft, { cpython: core.tree, core: core.core }, openssl, test, packages);
  const compat = planCompat(draft, { awslc: awslc.tree, cpython: core.tree });
  const made = [...awslc.all, ...core.all, modules];
  const sources = made.filter(({ kind }) => sourceKinds.includes(kind));
  const built = holdBack(
    made.filter(({ kind }) => !sourceKinds.includes(kind)),
    compat,
    awslc.assembler,
  );
  const wheels = packages === undefined ? [] : [packages.fetch];
  const steps = [...sources, compat, ...built, install, prove, ...wheels, tested, ...twin];
  return {
    planned: {
      id,
      cell: draft.cell,
      capabilities: draft.capabilities,
      steps: Object.fromEntries(steps.map((step) => [`${step.kind}-${step.subject}`, step.id])),
    },
    steps,
  };
};

/** Recipe, selection and host facts, resolved: every step of every cell, once, in an order that respects inputs. */
export const makePlan = (input: PlanInput): Result<Plan, readonly Failure[]> => {
  const { resolved, host, assets, test } = input;
  const hasFips = resolved.cells.some(({ cell }) => cell.awslc.fips);
  const tools = { plain: chooseTools(host, false), fips: chooseTools(host, hasFips) };
  if (!tools.fips.ok && !resolved.mayBeElsewhere) return tools.fips;
  const openssl: OpensslChoice | undefined =
    input.openssl ?? (host.openssl === undefined ? undefined : { from: 'machine', ...host.openssl });
  const steps = new Map<string, Step>();
  const cells: PlannedCell[] = [];
  const notes = new Set<string>();
  const problems = new Map<string, Failure>();
  const elsewhere: ElsewhereCell[] = [];
  /** A cell that is not planned: of a matrix the others are, else all that is wrong is said. */
  const refuse = ({ cell }: CellChoice, failure: Failure): void => {
    if (resolved.mayBeElsewhere) elsewhere.push({ id: nameCell(cell), cell, failure: { ...failure } });
    else problems.set(JSON.stringify(failure), failure);
  };
  for (const { choice, failure } of resolved.elsewhere) refuse(choice, failure);
  for (const choice of resolved.cells) {
    const compilers = choice.cell.awslc.fips ? tools.fips : tools.plain;
    if (!compilers.ok) {
      for (const failure of compilers.error.slice(0, 1)) refuse(choice, failure);
      continue;
    }
    const cut = isForeign(choice.target, host) ? input.unreachable?.get(choice.cell.platform.arch) : undefined;
    if (cut !== undefined) {
      refuse(choice, cut);
      continue;
    }
    const foreign = isForeign(choice.target, host)
      ? input.cross.find(({ arch }) => arch === choice.cell.platform.arch)
      : undefined;
    const compiler = foreign === undefined ? compilers.value.c : `${foreign.triple}-gcc`;
    const chosen = chooseTargetFlags(choice.target, compiler, host);
    if (!chosen.ok) {
      refuse(choice, chosen.error);
      continue;
    }
    const targetFlags = chosen.value.flags;
    const shims = chooseShims(input.shims, choice.capabilities, choice.series.series);
    const patches = choosePatches(input.patches, choice.capabilities, choice.series.series);
    const needsPha = choice.series.pha === 'patch' && !choice.capabilities.pha;
    const misfits = findPatchProblems(choice.cell, needsPha, patches, input.tryPatches);
    for (const misfit of resolved.mayBeElsewhere ? misfits.slice(0, 1) : misfits) refuse(choice, misfit);
    if (misfits.length > 0) continue;
    const mayKeep = input.mayKeep === true;
    const plain: CellDraft = {
      ...choice,
      targetFlags,
      host,
      assets,
      patches,
      shims,
      compilers: compilers.value,
      mayKeep,
    };
    const cross = foreign === undefined ? ok({ draft: plain, steps: [] }) : planCross(plain, choice, input.cross);
    if (!cross.ok) {
      refuse(choice, cross.error);
      continue;
    }
    if (foreign !== undefined && test.preset === packagesName) {
      refuse(choice, foreignPackages);
      continue;
    }
    const { draft } = cross.value;
    for (const step of cross.value.steps) steps.set(step.id, mergeAfter(steps.get(step.id), step));
    const { planned, steps: ofCell } = planCell(draft, nameCell(choice.cell), input, openssl);
    cells.push(planned);
    for (const step of ofCell) steps.set(step.id, mergeAfter(steps.get(step.id), step));
    for (const note of noteCell(choice, chosen.value)) notes.add(note);
    for (const note of noteCross(choice, draft)) notes.add(note);
    for (const note of noteIndicator(choice.cell, input.services)) notes.add(note);
    for (const note of noteKept(draft)) notes.add(note);
    for (const note of notePatches(patches, choice.cell)) notes.add(note);
    for (const note of test.preset === packagesName ? notePackages(input.packages, choice.cell) : []) notes.add(note);
    for (const note of noteShims(shims, choice.cell.awslc.version)) notes.add(note);
  }
  if (problems.size > 0) return fail([...problems.values()]);
  if (input.mask !== undefined) {
    const { names, variable, value } = input.mask;
    notes.add(
      `proof and suites of the cells run with ${names.join(', ')} masked (${variable}=${value}); builds and twins do not`,
    );
  }
  return ok({
    version: 1,
    kind: 'plan',
    recipe: resolved.recipe.name,
    resolved: resolved.resolutions.map((resolution) => ({ ...resolution })),
    notes: [...notes],
    platform: host.platform,
    tools: host.tools.map((tool) => ({ ...tool })),
    assets: assets.map(({ name, sha256 }) => ({ name, sha256 })),
    environment: { ...buildEnvironment, ...withoutCompileCache },
    test,
    ...(input.mask === undefined ? {} : { mask: input.mask }),
    cells,
    ...(elsewhere.length === 0 ? {} : { elsewhere }),
    steps: [...steps.values()],
  });
};

/** Kinds of steps in the order in which a command runs up to one of them. */
const stages = {
  fetch: ['unpack'],
  core: ['compile'],
  probe: ['probe'],
  build: ['install'],
  prove: ['prove'],
  test: ['prove', 'test'],
  suites: ['test'],
  diff: ['prove', 'test'],
  bench: ['install'],
} as const;

/** How far a command runs a plan. */
export type Stage = keyof typeof stages;

/** The steps that a command must bring about; what they need comes with them. */
export const selectGoals = (plan: Plan, stage: Stage): readonly Step[] => {
  const kinds: readonly string[] = stages[stage];
  // A twin's steps are in every plan, and run only for a comparison, a measurement, or when `test` has to ask it.
  // Of the probes only AWS-LC's headers say what it has; the others wait for what is built.
  return plan.steps.filter(
    ({ kind, subject }) =>
      kinds.includes(kind) &&
      (stage !== 'core' || subject === 'core') &&
      (subject !== 'twin' || stage === 'diff' || stage === 'bench') &&
      (stage !== 'probe' || subject === 'awslc'),
  );
};
