import type { Action, Step, TestSelection } from '../model/plan.ts';
import type { OpensslChoice } from '../model/source.ts';
import { sourcePlaceholder } from './core.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { planInstall } from './install.ts';
import { planSource } from './sources.ts';
import { makeStep, pickTools } from './step.ts';
import { planTest } from './verify.ts';
import type { PlannedPackages } from './wheels.ts';

/**
 * The same compile rule as for AWS-LC's modules, but two modules as stock CPython has them. OPENSSL_NO_TLS_PHA is in the
 * core's recorded flags; the later -U takes it out, so that the twin keeps post-handshake authentication.
 */
const makeMakefile = (rpath: string): string => `# Compiles _ssl and _hashlib with the core's recorded flags
# and links them with OpenSSL's libraries: the twin.
include Makefile

twin-modules: _ssl.o _hashopenssl.o
	$(BLDSHARED) -o $(OUT)/_ssl$(EXT_SUFFIX) _ssl.o $(OPENSSL_LDFLAGS)${rpath} -lssl -lcrypto -ldl -pthread
	$(BLDSHARED) -o $(OUT)/_hashlib$(EXT_SUFFIX) _hashopenssl.o $(OPENSSL_LDFLAGS)${rpath} -lcrypto -ldl -pthread

_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) $(CRYPTO_CFLAGS) -UOPENSSL_NO_TLS_PHA $(OPENSSL_CFLAGS) -c $< -o $@
`;

/** Where a twin keeps the shared libraries that it was given, seen from `lib-dynload`; RPATH holds for their own needs too. */
const carriedRpath = " -Wl,--disable-new-dtags -Wl,-rpath,'$$ORIGIN/../../openssl'";

/** Ends badly unless this Python runs on an OpenSSL, and on the one whose headers it was compiled with. */
const identify = `import ssl, _hashlib
version = ssl.OPENSSL_VERSION
print(version)
if not version.startswith('OpenSSL ') or 'AWS-LC' in version:
    raise SystemExit('the twin must run on OpenSSL, but runs on ' + version)
if ssl.OPENSSL_VERSION_INFO[:3] != ssl._OPENSSL_API_VERSION[:3]:
    raise SystemExit('compiled for OpenSSL %r, but runs on %r' % (ssl._OPENSSL_API_VERSION, ssl.OPENSSL_VERSION_INFO))
`;

/** File of an installed twin's tree that holds `ssl.OPENSSL_VERSION` of it. */
export const twinVersionFile = 'openssl-version.txt';

const describeOpenssl = (openssl: OpensslChoice): string =>
  openssl.from === 'machine' ? `this machine's OpenSSL ${openssl.version}` : `OpenSSL ${openssl.version}`;

const planTwinModules = (
  draft: CellDraft,
  inputs: { readonly cpython: Step; readonly core: Step } & Readonly<Record<string, Step>>,
  openssl: OpensslChoice,
): Step => {
  const isCarried = openssl.from === 'tree' && openssl.isShared;
  const places =
    openssl.from === 'machine'
      ? []
      : [
          'OPENSSL_CFLAGS=-I{openssl}/include',
          // What static libraries bring stays inside each module.
          'OPENSSL_LDFLAGS=-L{openssl}/lib -Wl,--exclude-libs,ALL',
        ];
  return makeStep({
    kind: 'modules',
    subject: 'twin',
    title: `compile the twin's _ssl and _hashlib against ${describeOpenssl(openssl)}`,
    inputs,
    actions: [
      { do: 'symlink', target: '{cpython}', path: '{work}/src' },
      { do: 'copy', from: '{core}/build/Makefile', to: '{work}/build/Makefile' },
      { do: 'copy', from: '{core}/build/pyconfig.h', to: '{work}/build/pyconfig.h' },
      { do: 'write', path: '{work}/build/twin.mk', text: makeMakefile(isCarried ? carriedRpath : '') },
      {
        do: 'exec',
        argv: [
          'make',
          '-f',
          'twin.mk',
          // The Makefile is read for its flags only: else make would make it anew, which runs configure.
          '-o',
          'Makefile',
          'twin-modules',
          'OUT={tree}',
          `CRYPTO_CFLAGS=-ffile-prefix-map={work}=${sourcePlaceholder}`,
          ...places,
        ],
        cwd: '{work}/build',
      },
    ],
    alsoDependsOn: {
      tools: pickTools(draft.host.tools, [draft.compilers.c, 'ld', 'as', 'make']),
      // A tree is in the inputs, by its content.
      openssl: openssl.from === 'machine' ? openssl.version : 'a tree',
      environment: buildEnvironment,
    },
  });
};

/**
 * The twin of a cell: the same core with `_ssl` and `_hashlib` on OpenSSL, and the suites on it. Its steps are run only
 * when they are asked for: by `diff`, or by failures of `test` that no manifest entry explains.
 */
export const planTwin = (
  draft: CellDraft,
  inputs: { readonly cpython: Step; readonly core: Step },
  openssl: OpensslChoice,
  selection: TestSelection,
  packages?: PlannedPackages,
): readonly Step[] => {
  const source = openssl.from === 'machine' ? undefined : planSource(openssl.source, 'openssl', 'OpenSSL');
  const tree: Readonly<Record<string, Step>> = source === undefined ? {} : { openssl: source.tree };
  const modules = planTwinModules(draft, { ...inputs, ...tree }, openssl);
  const prefix = '{tree}/opt/cpython-awslc';
  const carry: readonly Action[] =
    openssl.from === 'tree' && openssl.isShared
      ? [
          {
            do: 'copy',
            from: '{openssl}/lib/lib*.so*',
            to: `${prefix}/lib/openssl/`,
            why: 'the twin finds its own libraries wherever it is put',
          },
        ]
      : [];
  const install = planInstall(draft, {
    subject: 'twin',
    title: 'install the twin',
    inputs: { core: inputs.core, modules, ...tree },
    assets: [],
    libraries: carry,
    more: [
      {
        do: 'exec',
        argv: [`${prefix}/bin/python3`, '-I', '-B', '-c', identify],
        cwd: '{work}',
        stdout: `{tree}/${twinVersionFile}`,
        why: 'which OpenSSL the twin runs on; a twin on AWS-LC would make every comparison worthless',
      },
    ],
  });
  return [
    ...(source?.steps ?? []),
    modules,
    install,
    planTest(draft, install, selection, { subject: 'twin', packages }),
  ];
};
