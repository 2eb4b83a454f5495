import type { Action, Step } from '../model/plan.ts';
import { sourcePlaceholder } from './core.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { buildEnvironment, internalPrefix } from './environment.ts';
import { includeShims, writeShims } from './shims.ts';
import { makeStep, pickTools } from './step.ts';

/** Symbols that the one object exports; everything else is hidden, so nothing can be bound to another libcrypto. */
export const exportedSymbols = ['PyInit__hashlib', 'PyInit__ssl'] as const;

/**
 * Rules beside CPython's own Makefile, whose recorded compiler and flags they use: the same for every series, since make
 * knows nothing of AWS-LC's headers and older series have no target for one module.
 */
const makefile = `# Compiles _ssl and _hashlib with the core's recorded flags and links them with AWS-LC's static
# libraries into one object under two names: one crypto library in the process, nothing to take over.
# AWS-LC's weak hooks (OPENSSL_memory_alloc and others) are resolved to nothing here, not by whoever is loaded first.
include Makefile

crypto-modules: _ssl.o _hashopenssl.o exports.map
	$(BLDSHARED) -o $(OUT)/_ssl$(EXT_SUFFIX) _ssl.o _hashopenssl.o \\
	  -Wl,--version-script=exports.map -Wl,-Bsymbolic -Wl,-z,nodynamic-undefined-weak \\
	  -Wl,-z,relro -Wl,-z,now \\
	  $(AWSLC_LIB)/libssl.a $(AWSLC_LIB)/libcrypto.a -pthread
	ln -s _ssl$(EXT_SUFFIX) $(OUT)/_hashlib$(EXT_SUFFIX)

_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) $(CRYPTO_CFLAGS) -I$(AWSLC_INCLUDE) -c $< -o $@
`;

const versionScript = `{\n  global: ${exportedSymbols.map((name) => `${name};`).join(' ')}\n  local: *;\n};\n`;

/** Compiles and links `_ssl` and `_hashlib` against this cell's AWS-LC: `{tree}` holds the object and its second name. */
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
    inputs: { ...inputs },
    actions: [
      { do: 'symlink', target: '{cpython}', path: '{work}/src' },
      { do: 'copy', from: '{core}/build/Makefile', to: '{work}/build/Makefile' },
      { do: 'copy', from: '{core}/build/pyconfig.h', to: '{work}/build/pyconfig.h' },
      { do: 'write', path: '{work}/build/modules.mk', text: makefile },
      { do: 'write', path: '{work}/build/exports.map', text: versionScript },
      ...writeShims(draft.shims, '{work}/shims'),
      {
        do: 'exec',
        argv: [
          'make',
          '-f',
          'modules.mk',
          // The Makefile is read for its flags only: else make would make it anew, which runs configure.
          '-o',
          'Makefile',
          'crypto-modules',
          'OUT={tree}',
          'AWSLC_INCLUDE={awslc}/include',
          'AWSLC_LIB={library}',
          `CRYPTO_CFLAGS=${[
            `-ffile-prefix-map={work}=${sourcePlaceholder}`,
            '-ffile-prefix-map={awslc}=/usr/src/aws-lc',
            ...includeShims(draft.shims, '{work}/shims'),
          ].join(' ')}`,
        ],
        cwd: '{work}/build',
      },
    ],
    alsoDependsOn: {
      tools: pickTools(draft.host.tools, [draft.compilers.c, 'ld', 'as', 'make']),
      environment: buildEnvironment,
    },
  });

/** What pip says when someone installs into the store's own tree. */
const externallyManaged = `[externally-managed]
Error=This Python belongs to the store of cpython-awslc, which checks that it stays as it was built.
 Make a virtual environment (python3 -m venv DIR), or take a copy of your own: cpython-awslc build --prefix DIR
`;

/** What the install step of a twin does otherwise. */
export interface InstallVariant {
  readonly subject: string;
  readonly title: string;
  readonly more: readonly Action[];
}

const ofCell: InstallVariant = { subject: 'cell', title: 'install', more: [] };

/** Puts core and modules together, adds pip, and lays the .pyc files of site-packages: `{tree}/opt/cpython-awslc`. */
export const planInstall = (
  draft: CellDraft,
  inputs: { readonly core: Step; readonly modules: Step } & Readonly<Record<string, Step>>,
  variant: InstallVariant = ofCell,
): Step => {
  const prefix = '{tree}/opt/cpython-awslc';
  const library = `${prefix}/lib/python${draft.cell.python.series}`;
  const python = `${prefix}/bin/python3`;
  const pip: readonly Action[] = [
    {
      do: 'exec',
      argv: [python, '-I', '-B', '-m', 'ensurepip', '--default-pip'],
      cwd: '{work}',
      why: 'pip, from the wheel that CPython carries',
    },
    {
      do: 'exec',
      argv: [python, '-I', '-B', '{tool}/place_scripts.py', prefix, internalPrefix],
      cwd: '{work}',
      why: 'the fixed prefix in the scripts’ first line, and their digests in RECORD; --prefix puts the real one there',
    },
    {
      do: 'exec',
      argv: [
        python,
        '-I',
        '-m',
        'compileall',
        '-q',
        '-f',
        '--invalidation-mode',
        'checked-hash',
        '-s',
        '{tree}',
        '-p',
        '/',
        `${library}/site-packages`,
      ],
      cwd: '{work}',
      why: 'the same .pyc policy as for the standard library',
    },
  ];
  return makeStep({
    kind: 'install',
    subject: variant.subject,
    title: variant.title,
    inputs: { ...inputs },
    actions: [
      { do: 'copy-linked', from: '{core}/opt', to: '{tree}/opt' },
      { do: 'copy', from: '{modules}/_*.so', to: `${library}/lib-dynload/` },
      ...pip,
      {
        do: 'write',
        path: `${library}/EXTERNALLY-MANAGED`,
        text: externallyManaged,
        why: 'a tree of the store is never changed',
      },
      ...variant.more,
    ],
    alsoDependsOn: { assets: pickAssets(draft.assets, ['place_scripts']), environment: buildEnvironment },
  });
};
