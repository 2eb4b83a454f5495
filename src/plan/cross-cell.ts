import type { Step } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import type { CellChoice } from '../recipe/resolve.ts';
import { planCore } from './core.ts';
import type { Cross, CrossMachine } from './cross.ts';
import type { CellDraft } from './draft.ts';
import { planSource } from './sources.ts';

/** Before it configure has no --with-build-python. */
const seriesWithBuildPython = '3.11';

/**
 * The draft of a cell for another machine, and the steps that it stands on: its sysroot, and the same CPython for this
 * machine. Failures: `tool-missing` (cross compiler, emulator), `unsupported` (a series that cannot be cross-built).
 */
export const planCross = (
  draft: CellDraft,
  { target }: CellChoice,
  machines: readonly CrossMachine[],
): Result<{ readonly draft: CellDraft; readonly steps: readonly Step[] }> => {
  const machine = machines.find(({ arch }) => arch === draft.cell.platform.arch);
  if (machine === undefined) throw new Error(`no way to build for ${draft.cell.platform.arch} was given`);
  const compilers = { c: `${machine.triple}-gcc`, cxx: `${machine.triple}-g++` };
  const has = (name: string): boolean => draft.host.tools.some((tool) => tool.name === name);
  const missing = [compilers.c, compilers.cxx].find((tool) => !has(tool));
  const lacking = missing ?? (machine.emulator === undefined ? 'qemu-user' : undefined);
  if (lacking !== undefined) {
    return fail({
      code: 'tool-missing',
      tool: lacking,
      neededFor: `build for ${machine.arch} on ${draft.host.platform.arch}`,
      next: `Run \`cpython-awslc doctor --target ${target.name} --fix\` to install what is missing.`,
    });
  }
  if (compareVersions(draft.cell.python.series, seriesWithBuildPython) < 0) {
    return fail({
      code: 'unsupported',
      what: `CPython ${draft.cell.python.version} for another machine than this one`,
      why: `its configure has no --with-build-python, which came with ${seriesWithBuildPython}`,
      next: `Choose CPython ${seriesWithBuildPython} or newer, or build on a machine of that kind.`,
    });
  }
  const here: CellDraft = {
    ...draft,
    cell: { ...draft.cell, platform: draft.host.platform, target: 'generic' },
    targetFlags: [],
  };
  const python = planCore(here);
  const sysroot = planSource(machine.sysroot, 'sysroot', `the libraries of ${machine.triple}`);
  const cross: Cross = {
    triple: machine.triple,
    build: `${draft.host.platform.arch}-linux-gnu`,
    sysroot: sysroot.tree,
    python: python.core,
    emulator: { program: machine.emulator ?? '', cpu: target.emulator?.cpu ?? 'max' },
  };
  return ok({ draft: { ...draft, compilers, cross }, steps: [...python.all, ...sysroot.steps] });
};

/** What a plan says of a cell for another machine. */
export const noteCross = ({ cell, target }: CellChoice, { cross, host }: CellDraft): readonly string[] =>
  cross === undefined
    ? []
    : [
        `${cell.target} is built for ${cell.platform.arch} on ${host.platform.arch}: install, proof and suites run in ${cross.emulator.program} with -cpu ${cross.emulator.cpu} (${target.emulator?.reason ?? 'every instruction that it knows'})`,
        'under an emulator times say nothing, and AWS-LC sees the emulator’s CPU, not the target’s: it may take another path',
      ];
