import type { CpuCode } from '../model/cpu-code.ts';
import type { Action, Step } from '../model/plan.ts';
import { awslcEnvironment, awslcFlags, awslcSourceOf, awslcTools } from './awslc-flags.ts';
import { capabilityMarks, probedSources, probeProgram } from './capabilities.ts';
import { findCheckout, planKeptLibrary } from './awslc-kept.ts';
import { checkAssembler, planAssembler } from './cpu-code.ts';
import { crossInputs, nameTool, sysrootOptions } from './cross.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { planSource } from './sources.ts';
import { makeStep, pickTools } from './step.ts';

/** The probe: hold what AWS-LC's headers declare and its sources hold against the capabilities that the plan was made from. */
const planProbe = (draft: CellDraft, tree: Step): Step => {
  const marks = capabilityMarks(draft.capabilities);
  const why = 'flags, answers and expectations of this plan were decided from these capabilities';
  const sources = (['hmac', 'groups', 'server'] as const).map((name): Action => ({
    do: 'require-text',
    file: `{awslc}/${probedSources[name]}`,
    present: [...marks.sources[name].present],
    absent: [...marks.sources[name].absent],
    why,
  }));
  return makeStep({
    kind: 'probe',
    subject: 'awslc',
    title: `probe the headers and sources of AWS-LC ${draft.cell.awslc.version}`,
    inputs: { awslc: tree, ...crossInputs(draft) },
    actions: [
      { do: 'write', path: '{work}/probe.c', text: probeProgram },
      {
        do: 'exec',
        argv: [draft.compilers.c, ...sysrootOptions(draft), '-E', '-dD', '-P', '-I{awslc}/include', 'probe.c'],
        cwd: '{work}',
        stdout: '{tree}/probe.i',
        why: 'every declaration and macro of the public headers, as this compiler sees them',
      },
      {
        do: 'require-text',
        file: '{tree}/probe.i',
        present: [...marks.headers.present],
        absent: [...marks.headers.absent],
        why,
      },
      ...sources,
    ],
    alsoDependsOn: { tools: pickTools(draft.host.tools, [draft.compilers.c]), environment: buildEnvironment },
  });
};

export interface AwslcSteps {
  readonly tree: Step;
  readonly probe: Step;
  /** The check of the assembler, when it is a step of its own; AWS-LC is compiled after it. */
  readonly assembler?: Step;
  readonly library: Step;
  readonly all: readonly Step[];
}

/** What the compile step leaves in `{tree}`, and where CMake puts it below the build directory. */
const librariesOf = {
  static: ['crypto/libcrypto.a', 'ssl/libssl.a'],
  shared: ['crypto/libcrypto.so', 'ssl/libssl.so'],
} as const;

/**
 * Fetch, unpack, probe, configure and compile AWS-LC: `{tree}` of the last holds libssl and libcrypto. Of a checkout the
 * last two are one step, in a build tree that is kept.
 */
export const planAwslc = (draft: CellDraft, cpuCode: CpuCode): AwslcSteps => {
  const name = `AWS-LC ${draft.cell.awslc.version}`;
  const source = planSource(draft.awslcSource, 'awslc', name);
  const probe = planProbe(draft, source.tree);
  const libraries = librariesOf[draft.cell.link];
  const checkout = findCheckout(draft);
  if (checkout !== undefined) {
    const checks = checkAssembler(draft.cell, cpuCode, '{kept}/build');
    const library = planKeptLibrary(draft, source.tree, { checkout, libraries, checks });
    return { tree: source.tree, probe, library, all: [...source.steps, probe, library] };
  }
  const flags = awslcFlags(draft, awslcSourceOf(draft));
  const tools = pickTools(draft.host.tools, awslcTools(draft));
  const go = awslcEnvironment(draft);
  const env = Object.keys(go).length === 0 ? {} : { env: { ...go } };
  const dependencies = { tools, platform: draft.cell.platform, environment: buildEnvironment };
  const link: readonly Action[] = draft.cell.awslc.fips
    ? []
    : [{ do: 'symlink', target: '{awslc}', path: '{work}/src' }];
  const cache: readonly Action[] = draft.cell.awslc.fips
    ? []
    : [
        {
          do: 'compile-cache',
          build: '{work}/build',
          compilers: [nameTool(draft, draft.compilers.c), nameTool(draft, draft.compilers.cxx)],
          why: 'versions of AWS-LC have most files in common; never for a FIPS module',
        },
      ];
  const configure = makeStep({
    kind: 'configure',
    subject: 'awslc',
    title: `configure ${name}`,
    inputs: { awslc: source.tree, ...crossInputs(draft) },
    actions: [
      ...link,
      {
        do: 'exec',
        argv: [
          'cmake',
          '-G',
          'Ninja',
          '-S',
          awslcSourceOf(draft),
          '-B',
          '{work}/build',
          ...flags.map(({ flag }) => flag),
        ],
        cwd: '{work}',
        ...env,
      },
      { do: 'copy', from: '{work}/build', to: '{tree}/build' },
    ],
    flags: [...flags],
    alsoDependsOn: dependencies,
  });
  const compileActions: Action[] = [
    ...link,
    { do: 'copy', from: '{configured}/build', to: '{work}/build' },
    ...cache,
    {
      do: 'exec',
      argv: ['cmake', '--build', 'build', '--parallel', '{jobs}', '--target', 'crypto', 'ssl'],
      cwd: '{work}',
      ...env,
    },
    ...libraries.map((path): Action => ({
      do: 'copy',
      from: `{work}/build/${path}`,
      to: `{tree}/${path.replace(/^.*\//, '')}`,
    })),
  ];
  const library = makeStep({
    kind: 'compile',
    subject: 'awslc',
    title: `compile ${name}`,
    inputs: { awslc: source.tree, configured: configure, ...crossInputs(draft) },
    actions: compileActions,
    width: 'all',
    worksIn: configure,
    alsoDependsOn: dependencies,
  });
  const assembler = planAssembler(draft.cell, cpuCode, configure);
  const checked = assembler === undefined ? {} : { assembler };
  const all = [...source.steps, probe, configure, ...Object.values(checked), library];
  return { tree: source.tree, probe, ...checked, library, all };
};
