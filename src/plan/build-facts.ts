import type { Json } from '../model/json.ts';
import type { Plan, PlannedCell, Step } from '../model/plan.ts';
import type { Proof } from '../model/proof.ts';
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
  /** What was found of the built module: its version is what it says, not what was asked. */
  readonly proof: Pick<Proof, 'claims'>;
  /** Machine type as the firmware says it. */
  readonly hardware?: string;
}

/** The version of the module as the proof found it: `fips-3.1.0`, or what else it says. */
const findVersion = ({ claims }: BuiltCell['proof']): string => {
  const foundOf = (id: string): Json | undefined => claims.find((claim) => claim.id === id)?.found;
  if (foundOf('fips-mode') !== 1) return 'no FIPS module';
  const text = foundOf('fips-version');
  if (typeof text !== 'string') return 'not known';
  return /^AWS-LC FIPS \d+(\.\d+)*$/.test(text) ? text.replace('AWS-LC FIPS ', 'fips-') : text;
};

const argvOf = (step: Step | undefined): readonly string[] =>
  step?.actions.flatMap((action) => (action.do === 'exec' ? [action.argv] : []))[0] ?? [];

/** What a certificate's conditions are held against: read from the plan that was run and what the proof found. */
export const findBuildFacts = ({ plan, planned, fetched, machine, hardware, proof }: BuiltCell): BuildFacts => {
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
    version: findVersion(proof),
    line: cell.awslc.line,
    link: cell.link,
    ...(archive === undefined ? {} : { sourceSha256: archive.sha256 }),
    sourceKind: fetched?.origin?.split(' ')[0] ?? (archive === undefined ? 'a source tree' : 'an archive'),
    cmakeArguments: configure,
    targets: build.includes('--target') ? build.slice(build.indexOf('--target') + 1) : [],
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
