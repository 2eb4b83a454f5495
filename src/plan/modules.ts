import type { Action, Step } from '../model/plan.ts';
import type { Link } from '../model/recipe.ts';
import { sourcePlaceholder } from './core.ts';
import { crossInputs, emulatorTools, emulatorWords, nameTool, sysrootPlaceholder } from './cross.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { includeShims, writeShims } from './shims.ts';
import { makeStep, pickTools } from './step.ts';

/** The extension modules that the one object holds: `_ssl` is the file, the others are its other names. */
export const objectModules = ['_awslc_fips', '_hashlib', '_ssl'] as const;

/** Symbols that the one object exports; everything else is hidden, so nothing can be bound to another libcrypto. */
export const exportedSymbols = objectModules.map((name) => `PyInit_${name}`);

/** Where AWS-LC's shared libraries lie below the prefix in link mode `shared`. */
export const sharedLibraryDirectory = 'lib/awslc';
/** Where the object looks for them: nowhere else, and before LD_LIBRARY_PATH. */
export const sharedSearchPath = '$ORIGIN/../../awslc';
/** AWS-LC's shared libraries. */
export const sharedLibraries = ['libcrypto.so', 'libssl.so'] as const;

/** How AWS-LC gets into the object. RPATH, unlike RUNPATH, holds for libssl's own need too, and before LD_LIBRARY_PATH. */
const linkWords = {
  static: '$(AWSLC_LIB)/libssl.a $(AWSLC_LIB)/libcrypto.a',
  shared: `-L$(AWSLC_LIB) -Wl,--disable-new-dtags -Wl,-rpath,'$${sharedSearchPath}' -lssl -lcrypto`,
} as const;

/**
 * Rules beside CPython's own Makefile, whose recorded compiler and flags they use: the same for every series, since make
 * knows nothing of AWS-LC's headers and older series have no target for one module.
 */
const makeMakefile = (
  link: Link,
  hooks: boolean,
): string => `# Compiles _ssl, _hashlib and _awslc_fips with the core's recorded flags and links them with AWS-LC's
# libraries into one object under three names: one crypto library in the process, nothing to take over.
# AWS-LC's weak hooks (OPENSSL_memory_alloc and others) are resolved to nothing here, not by whoever is loaded first.
include Makefile

crypto-modules: _ssl.o _hashopenssl.o _awslc_fips.o${hooks ? ' hooks.o' : ''} exports.map
	$(BLDSHARED) -o $(OUT)/_ssl$(EXT_SUFFIX) _ssl.o _hashopenssl.o _awslc_fips.o${hooks ? ' hooks.o' : ''} \\
	  -Wl,--version-script=exports.map -Wl,-Bsymbolic -Wl,-z,nodynamic-undefined-weak \\
	  -Wl,-z,relro -Wl,-z,now \\
	  ${linkWords[link]} -pthread
	ln -s _ssl$(EXT_SUFFIX) $(OUT)/_hashlib$(EXT_SUFFIX)
	ln -s _ssl$(EXT_SUFFIX) $(OUT)/_awslc_fips$(EXT_SUFFIX)

_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) $(CRYPTO_CFLAGS) -I$(AWSLC_INCLUDE) -c $< -o $@
${hooks ? '\nhooks.o: hooks.c\n\t$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) $(CRYPTO_CFLAGS) -c $< -o $@\n' : ''}
_awslc_fips.o: $(TOOL)/_awslc_fips.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) $(CRYPTO_CFLAGS) -I$(AWSLC_INCLUDE) -c $< -o $@
`;

/** Functions that AWS-LC, or our module, asks for and does without when nobody has them. */
const weakHooks = [
  'BORINGSSL_integrity_test',
  'FIPS_is_entropy_cpu_jitter',
  'OPENSSL_memory_alloc',
  'OPENSSL_memory_free',
  'OPENSSL_memory_get_size',
  'OPENSSL_memory_realloc',
  'sdallocx',
];

/**
 * `-z nodynamic-undefined-weak` is of x86 linkers only. Elsewhere a reference of hidden visibility says the same: what this
 * object has not itself is not there. Of shared libraries the hooks are their own.
 */
const needsHooks = ({ cell }: CellDraft): boolean => cell.platform.arch !== 'x86_64' && cell.link === 'static';

const hooksSource = `#define HOOK(name) extern char name[] __attribute__((weak, visibility("hidden")));
${weakHooks.map((name) => `HOOK(${name})`).join('\n')}
static void *const hooks[] __attribute__((used)) = {${weakHooks.join(', ')}};
`;

const versionScript = `{\n  global: ${exportedSymbols.map((name) => `${name};`).join(' ')}\n  local: *;\n};\n`;

/**
 * Ends badly unless the object that was just linked can be loaded under each of its names; and, of a FIPS module, unless
 * it still has the hash that AWS-LC's build gave it. Whether it should be one is for the proof to say.
 */
const checkObject = `import sys
sys.path.insert(0, sys.argv[1])
import _awslc_fips, _hashlib, _ssl
if _awslc_fips.mode() and not (_awslc_fips.integrity_test() and _awslc_fips.self_test()):
    raise SystemExit('the tests of the FIPS module fail')
`;

/** The sysroot's place in the recorded flags of a build for another machine. */
const placeSysroot = (draft: CellDraft): readonly Action[] =>
  draft.cross === undefined
    ? []
    : [
        {
          do: 'substitute',
          files: ['{work}/build/Makefile'],
          replace: [{ from: sysrootPlaceholder, to: '{sysroot}' }],
          why: 'where the other machine’s libraries are here',
        },
      ];

/** Compiles and links `_ssl` and `_hashlib` against this cell's AWS-LC: `{tree}` holds the object and its other names. */
export const planModules = (
  draft: CellDraft,
  inputs: {
    readonly cpython: Step;
    readonly core: Step;
    readonly awslc: Step;
    readonly library: Step;
    readonly probe: Step;
  },
): Step =>
  makeStep({
    kind: 'modules',
    subject: 'crypto',
    title: `compile _ssl and _hashlib against AWS-LC ${draft.cell.awslc.version}`,
    inputs: { ...inputs, ...crossInputs(draft) },
    actions: [
      { do: 'symlink', target: '{cpython}', path: '{work}/src' },
      { do: 'copy', from: '{core}/build/Makefile', to: '{work}/build/Makefile' },
      { do: 'copy', from: '{core}/build/pyconfig.h', to: '{work}/build/pyconfig.h' },
      ...placeSysroot(draft),
      { do: 'write', path: '{work}/build/modules.mk', text: makeMakefile(draft.cell.link, needsHooks(draft)) },
      ...(needsHooks(draft)
        ? [
            {
              do: 'write' as const,
              path: '{work}/build/hooks.c',
              text: hooksSource,
              why: 'AWS-LC’s weak hooks are resolved here to nothing, not by whoever is loaded first',
            },
          ]
        : []),
      { do: 'write', path: '{work}/build/exports.map', text: versionScript },
      ...writeShims(draft.shims, '{work}/shims'),
      {
        do: 'exec',
        argv: [
          'make',
          '-f',
          'modules.mk',
          '-j3',
          // The Makefile is read for its flags only: else make would make it anew, which runs configure.
          '-o',
          'Makefile',
          'crypto-modules',
          'OUT={tree}',
          'TOOL={tool}',
          'AWSLC_INCLUDE={awslc}/include',
          'AWSLC_LIB={library}',
          `CRYPTO_CFLAGS=${[
            `-ffile-prefix-map={work}=${sourcePlaceholder}`,
            '-ffile-prefix-map={awslc}=/usr/src/aws-lc',
            `-ffile-prefix-map={tool}=${sourcePlaceholder}/tool`,
            ...includeShims(draft.shims, '{work}/shims'),
          ].join(' ')}`,
        ],
        cwd: '{work}/build',
      },
      {
        do: 'exec',
        argv: [
          ...emulatorWords(draft),
          '{core}/opt/cpython-awslc/bin/python3',
          '-I',
          '-B',
          '-c',
          checkObject,
          '{tree}',
        ],
        cwd: '{work}',
        // Nothing is where the object's RPATH says yet.
        ...(draft.cell.link === 'shared' ? { env: { LD_LIBRARY_PATH: '{library}' } } : {}),
        why: draft.cell.awslc.fips
          ? 'the integrity test and the self-tests of the module, after it was linked'
          : 'nothing that the object needs is missing',
      },
    ],
    alsoDependsOn: {
      assets: pickAssets(draft.assets, ['_awslc_fips.c']),
      tools: pickTools(draft.host.tools, [
        draft.compilers.c,
        nameTool(draft, 'ld'),
        nameTool(draft, 'as'),
        'make',
        ...emulatorTools(draft),
      ]),
      environment: buildEnvironment,
    },
  });
