import type { JudgedCertificate } from '../model/certificate.ts';
import type { Plan, PlannedCell, Step } from '../model/plan.ts';
import type { Machine, StepRecord } from '../model/record.ts';
import { splitOsName, type BuildFacts, type BuildTool } from './certificate-conditions.ts';
import { versionOf } from './toolchain.ts';

/** What the facts of a build are read from: all of it is in a run record but the hardware's name. */
export interface BuiltCell {
  readonly plan: Pick<Plan, 'steps' | 'tools'>;
  readonly planned: Pick<PlannedCell, 'cell' | 'steps'>;
  /** The record of the fetch step, which says which origin gave the archive; absent for a `path:` or `git:` source. */
  readonly fetched?: Pick<StepRecord, 'origin'>;
  readonly machine: Pick<Machine, 'os' | 'cpu'>;
  /** Machine type as the firmware says it. */
  readonly hardware?: string;
}

const argvOf = (step: Step | undefined): readonly string[] =>
  step?.actions.flatMap((action) => (action.do === 'exec' ? [action.argv] : []))[0] ?? [];

/** What a certificate's conditions are held against: read from the plan that was run, not from what was meant. */
export const findBuildFacts = ({ plan, planned, fetched, machine, hardware }: BuiltCell): BuildFacts => {
  const { cell } = planned;
  const stepOf = (name: string): Step | undefined => plan.steps.find(({ id }) => id === planned.steps[name]);
  const configure = argvOf(stepOf('configure-awslc'));
  const build = argvOf(stepOf('compile-awslc'));
  const archive = stepOf('fetch-awslc')?.actions.flatMap((action) =>
    action.do === 'fetch' ? [action.archive] : [],
  )[0];
  const compiler = configure.find((word) => word.startsWith('-DCMAKE_C_COMPILER='))?.split('=')[1] ?? 'cc';
  const toolOf = (name: string): BuildTool => {
    const line = plan.tools.find((tool) => tool.name === name)?.version ?? '';
    return { name, version: versionOf(line) ?? line };
  };
  return {
    version: cell.awslc.version,
    line: cell.awslc.line,
    link: cell.link,
    ...(archive === undefined ? {} : { sourceSha256: archive.sha256 }),
    sourceKind: fetched?.origin?.split(' ')[0] ?? (archive === undefined ? 'a source tree' : 'an archive'),
    // The compiler is a condition of its own.
    cmakeArguments: configure.filter((word) => !/^-DCMAKE_(?:C|CXX)_COMPILER=/.test(word)),
    targets: build.includes('--target') ? build.slice(build.indexOf('--target') + 1) : [],
    extraFlags: [],
    compiler: toolOf(compiler),
    go: toolOf('go'),
    environment: {
      ...splitOsName(machine.os),
      arch: cell.platform.arch,
      cpuModel: machine.cpu,
      ...(hardware === undefined ? {} : { hardware }),
    },
  };
};

/** How many conditions of a certificate are met, of how many. */
export const countMet = ({ conditions }: JudgedCertificate): { readonly met: number; readonly of: number } => ({
  met: conditions.filter(({ met }) => met === true).length,
  of: conditions.length,
});
