import type { Flag } from '../model/plan.ts';
import { crossCmakeFlags, nameTool } from './cross.ts';
import type { CellDraft } from './draft.ts';

/** CMake's build type for each optimization of the cell. */
const buildTypes = { quick: 'Release', release: 'Release', debug: 'RelWithDebInfo' } as const;

const compilerFlags = (draft: CellDraft): readonly Flag[] => [
  { flag: `-DCMAKE_C_COMPILER=${draft.compilers.c}`, reason: 'the compiler whose version the plan names' },
  { flag: `-DCMAKE_CXX_COMPILER=${draft.compilers.cxx}`, reason: 'the compiler whose version the plan names' },
  ...crossCmakeFlags(draft, draft.cell.platform.arch),
];

const onlyLibraries: readonly Flag[] = [
  { flag: '-DBUILD_TESTING=OFF', reason: "AWS-LC's own tests are not part of this" },
  { flag: '-DBUILD_TOOL=OFF', reason: 'the bssl program is not needed' },
];

/**
 * Where CMake is told that AWS-LC lies: a FIPS module as a person would build it; any other by a link beside the build, so that the
 * way from one to the other is the same for each version, and a compile cache finds again what it knows.
 */
export const awslcSourceOf = (draft: CellDraft): string => (draft.cell.awslc.fips ? '{awslc}' : '{work}/src');

/**
 * CMake would write base.h and opensslv.h anew from their templates: into a tree that is the adopted content by its digest,
 * and whose headers the modules are compiled with. Releases have them as CMake would write them.
 */
const keepSource = ({ awslcSource }: CellDraft): readonly Flag[] =>
  awslcSource.kind === 'tree'
    ? [
        {
          flag: '-DENABLE_SOURCE_MODIFICATION=OFF',
          reason: 'the build changes nothing in the source: it is as it was saved',
        },
      ]
    : [];

/** Flags of any build but a FIPS module's, with the source in the directory `src` beside the build. */
const plainFlags = (draft: CellDraft, source: string): readonly Flag[] => {
  const { cell, targetFlags } = draft;
  const prefixMap = draft.cross === undefined ? [] : ['-ffile-prefix-map={sysroot}='];
  // The last that fits counts.
  const sources = [
    `-ffile-prefix-map=${source.replace(/\/src$/, '')}=/usr/src/cpython-awslc`,
    ...[source, '../src'].map((path) => `-ffile-prefix-map=${path}=/usr/src/aws-lc`),
  ];
  const compile = [...sources, ...prefixMap, ...targetFlags].join(' ');
  return [
    { flag: `-DCMAKE_BUILD_TYPE=${buildTypes[cell.optimization]}`, reason: `optimization ${cell.optimization}` },
    ...compilerFlags(draft),
    {
      flag: `-DCMAKE_C_FLAGS=${compile}`,
      reason: 'no store path in __FILE__ and debug information, by either way to name it; target flags',
    },
    { flag: `-DCMAKE_CXX_FLAGS=${compile}`, reason: 'as for C' },
    { flag: `-DCMAKE_ASM_FLAGS=${compile}`, reason: 'as for C' },
    {
      flag: '-DBUILD_SHARED_LIBS=OFF',
      reason: `link mode ${cell.link}: both libraries go into the modules' one object`,
    },
    { flag: '-DCMAKE_POSITION_INDEPENDENT_CODE=ON', reason: 'the archives are linked into a shared object' },
    ...onlyLibraries,
    ...keepSource(draft),
    { flag: '-DDISABLE_GO=ON', reason: 'generated sources are in the source tree; Go is needed by FIPS lines only' },
    {
      flag: '-DDISABLE_PERL=ON',
      reason: 'generated assembly is in the source tree; Perl is needed by FIPS lines only',
    },
  ];
};

/**
 * A FIPS module is built as its security policy says (`cmake -DFIPS=1`), with as little beside it as can be: no compiler
 * flag of the target, no prefix map, no sanitizer, no switch of the entropy source. Each flag that is not in those steps
 * says why it is there, and the proof counts it against the condition "steps" of a certificate.
 */
const fipsFlags = (draft: CellDraft): readonly Flag[] => [
  { flag: '-DFIPS=1', reason: "the FIPS module, by the certificate's steps" },
  {
    flag: '-DCMAKE_BUILD_TYPE=Release',
    reason: 'optimized code; the policies of FIPS 2 and 3 name no build type, which CMake takes for no optimization',
  },
  ...compilerFlags(draft),
  ...(draft.cell.link === 'shared'
    ? [
        { flag: '-DBUILD_SHARED_LIBS=1', reason: "link mode shared: AWS-LC's own shared module" },
        {
          flag: '-DCMAKE_SKIP_RPATH=ON',
          reason:
            'no path of the build in the libraries: _ssl’s own RPATH finds both, and their bytes are never changed',
        },
      ]
    : [
        { flag: '-DBUILD_SHARED_LIBS=0', reason: "link mode static: both libraries go into the modules' one object" },
        {
          flag: '-DCMAKE_POSITION_INDEPENDENT_CODE=ON',
          reason: 'the archives are linked into a shared object; the module itself (bcm.o) is so compiled anyway',
        },
      ]),
  ...onlyLibraries,
];

/** CMake arguments of AWS-LC, whose source is at a place, each with its reason. */
export const awslcFlags = (draft: CellDraft, source: string): readonly Flag[] =>
  draft.cell.awslc.fips ? fipsFlags(draft) : plainFlags(draft, source);

/**
 * Variables beside the build environment's that Go needs, which builds the programs that rewrite and hash a FIPS module:
 * only the Go of this machine, nothing downloaded, nothing reported. Empty for other builds.
 */
export const awslcEnvironment = (draft: CellDraft): Readonly<Record<string, string>> =>
  draft.cell.awslc.fips
    ? { GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '-mod=readonly', GOTELEMETRY: 'off', GOENV: 'off' }
    : {};

/** Programs beside the compiler that build this AWS-LC. */
export const awslcTools = (draft: CellDraft): readonly string[] => [
  draft.compilers.c,
  draft.compilers.cxx,
  nameTool(draft, 'as'),
  nameTool(draft, 'ar'),
  'cmake',
  'ninja',
  ...(draft.cell.awslc.fips ? ['go', 'perl', nameTool(draft, 'ld')] : []),
];
