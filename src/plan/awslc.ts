import type { Action, Flag, Step } from '../model/plan.ts';
import { capabilityMarks, probedSources, probeProgram } from './capabilities.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { planSource } from './sources.ts';
import { makeStep, pickTools } from './step.ts';

/** CMake's build type for each optimization of the cell. */
const buildTypes = { quick: 'Release', release: 'Release', debug: 'RelWithDebInfo' } as const;

/** CMake arguments of AWS-LC, each with its reason. */
export const awslcFlags = (draft: CellDraft): readonly Flag[] => {
  const { cell, compilers, targetFlags } = draft;
  const compile = ['-ffile-prefix-map={awslc}=/usr/src/aws-lc', ...targetFlags].join(' ');
  return [
    { flag: `-DCMAKE_BUILD_TYPE=${buildTypes[cell.optimization]}`, reason: `optimization ${cell.optimization}` },
    { flag: `-DCMAKE_C_COMPILER=${compilers.c}`, reason: 'the compiler whose version the plan names' },
    { flag: `-DCMAKE_CXX_COMPILER=${compilers.cxx}`, reason: 'the compiler whose version the plan names' },
    { flag: `-DCMAKE_C_FLAGS=${compile}`, reason: 'no store path in __FILE__ and debug information; target flags' },
    { flag: `-DCMAKE_CXX_FLAGS=${compile}`, reason: 'as for C' },
    { flag: `-DCMAKE_ASM_FLAGS=${compile}`, reason: 'as for C' },
    {
      flag: '-DBUILD_SHARED_LIBS=OFF',
      reason: `link mode ${cell.link}: both libraries go into the modules' one object`,
    },
    { flag: '-DCMAKE_POSITION_INDEPENDENT_CODE=ON', reason: 'the archives are linked into a shared object' },
    { flag: '-DBUILD_TESTING=OFF', reason: "AWS-LC's own tests are not part of this" },
    { flag: '-DBUILD_TOOL=OFF', reason: 'the bssl program is not needed' },
    { flag: '-DDISABLE_GO=ON', reason: 'generated sources are in the source tree; Go is needed by FIPS lines only' },
    {
      flag: '-DDISABLE_PERL=ON',
      reason: 'generated assembly is in the source tree; Perl is needed by FIPS lines only',
    },
  ];
};

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
    inputs: { awslc: tree },
    actions: [
      { do: 'write', path: '{work}/probe.c', text: probeProgram },
      {
        do: 'exec',
        argv: [draft.compilers.c, '-E', '-dD', '-P', '-I{awslc}/include', 'probe.c'],
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
  readonly library: Step;
  readonly all: readonly Step[];
}

/** Fetch, unpack, probe, configure and compile AWS-LC: `{tree}` of the last holds libssl.a and libcrypto.a. */
export const planAwslc = (draft: CellDraft): AwslcSteps => {
  const name = `AWS-LC ${draft.cell.awslc.version}`;
  const source = planSource(draft.awslcSource, 'awslc', name);
  const probe = planProbe(draft, source.tree);
  const flags = awslcFlags(draft);
  const tools = pickTools(draft.host.tools, [draft.compilers.c, draft.compilers.cxx, 'as', 'ar', 'cmake', 'ninja']);
  const dependencies = { tools, platform: draft.cell.platform, environment: buildEnvironment };
  const configure = makeStep({
    kind: 'configure',
    subject: 'awslc',
    title: `configure ${name}`,
    inputs: { awslc: source.tree },
    actions: [
      {
        do: 'exec',
        argv: ['cmake', '-G', 'Ninja', '-S', '{awslc}', '-B', '{work}/build', ...flags.map(({ flag }) => flag)],
        cwd: '{work}',
      },
      { do: 'copy', from: '{work}/build', to: '{tree}/build' },
    ],
    flags: [...flags],
    alsoDependsOn: dependencies,
  });
  const compileActions: Action[] = [
    { do: 'copy', from: '{configured}/build', to: '{work}/build' },
    {
      do: 'exec',
      argv: ['cmake', '--build', 'build', '--parallel', '{jobs}', '--target', 'crypto', 'ssl'],
      cwd: '{work}',
    },
    { do: 'copy', from: '{work}/build/crypto/libcrypto.a', to: '{tree}/libcrypto.a' },
    { do: 'copy', from: '{work}/build/ssl/libssl.a', to: '{tree}/libssl.a' },
  ];
  const library = makeStep({
    kind: 'compile',
    subject: 'awslc',
    title: `compile ${name}`,
    inputs: { awslc: source.tree, configured: configure },
    actions: compileActions,
    width: 'all',
    worksIn: configure,
    alsoDependsOn: dependencies,
  });
  return { tree: source.tree, probe, library, all: [...source.steps, probe, configure, library] };
};
