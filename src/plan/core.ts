import { digestValue } from '../model/digest.ts';
import type { Series } from '../model/catalogue.ts';
import type { Action, Flag, Step } from '../model/plan.ts';
import { compareVersions } from '../model/version.ts';
import {
  crossConfigureFlags,
  crossEnvironment,
  crossInputs,
  hideCross,
  nameTool,
  sysrootOptions,
  sysrootPlaceholder,
} from './cross.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment, internalPrefix } from './environment.ts';
import { planPatch } from './patches.ts';
import { planSource } from './sources.ts';
import { makeStep, pickTools } from './step.ts';

/** Where a build's working paths are said to be in debug information and in sysconfig: the same on all machines. */
export const sourcePlaceholder = '/usr/src/cpython-awslc';

/** The hashes that CPython must bring itself because AWS-LC lacks them, as `--with-builtin-hashlib-hashes` names them. */
export const chooseBuiltinHashes = (series: Series, awslcHashes: readonly string[]): readonly string[] =>
  Object.entries(series.builtinHashes)
    .filter(([, names]) => names.some((name) => !awslcHashes.includes(name)))
    .map(([group]) => group);

const optimizationFlags = (draft: CellDraft): readonly Flag[] => {
  switch (draft.cell.optimization) {
    case 'quick':
      return [
        {
          flag: 'OPT=-DNDEBUG -O2 -Wall',
          reason: 'quick: -O2 and no debug information, for a short build; not what a release should ship',
        },
      ];
    case 'release':
      return [{ flag: '--with-lto', reason: 'release: link-time optimization with CPython’s own -O3 -g' }];
    case 'debug':
      return [{ flag: '--with-pydebug', reason: 'debug: assertions, reference counting checks, -Og' }];
  }
};

/** Arguments of CPython's configure, each with its reason. */
export const coreFlags = (draft: CellDraft): readonly Flag[] => {
  const { cell, capabilities, series, compilers, targetFlags } = draft;
  const builtin = chooseBuiltinHashes(series, capabilities.hashes);
  const missing = builtin.flatMap((group) =>
    (series.builtinHashes[group] ?? []).filter((name) => !capabilities.hashes.includes(name)),
  );
  return [
    { flag: `--prefix=${internalPrefix}`, reason: 'one fixed prefix for all builds; --prefix copies the result' },
    {
      flag: `--with-builtin-hashlib-hashes=${builtin.join(',')}`,
      reason: `AWS-LC lacks ${missing.join(', ')}; every other digest must come from AWS-LC, with no code to fall back on`,
    },
    {
      flag: `--with-ssl-default-suites=${cell.cipherString}`,
      reason:
        'a string that AWS-LC accepts (it refuses @SECLEVEL) and that makes CPython compile in TLS 1.2 as the lowest version',
    },
    {
      flag: '--with-openssl=/nonexistent',
      reason: 'no OpenSSL of this machine is looked at; the modules step brings AWS-LC',
    },
    ...crossConfigureFlags(draft),
    ...series.answers.map(({ variable, value, reason }) => ({ flag: `${variable}=${value}`, reason })),
    ...(capabilities.pha
      ? []
      : [
          {
            flag: 'CPPFLAGS=-DOPENSSL_NO_TLS_PHA',
            reason:
              'AWS-LC has no TLS 1.3 post-handshake authentication; ' +
              (series.pha === 'native'
                ? `CPython ${series.series} notices by itself and ignores the macro, which is taken out of the installed sysconfig`
                : 'our patch is guarded by this macro, which is taken out of the installed sysconfig'),
          },
        ]),
    { flag: '--with-ensurepip=no', reason: 'pip is put in by the install step' },
    { flag: '--without-static-libpython', reason: 'no libpython.a: nothing here embeds Python' },
    {
      flag: 'ac_cv_prog_PYTHON_FOR_REGEN=python3',
      reason: 'nothing is regenerated; the machine’s Pythons must not be recorded',
    },
    {
      flag: `CC=${[compilers.c, ...sysrootOptions(draft)].join(' ')}`,
      reason: 'the compiler whose version the plan names',
    },
    {
      flag: `CXX=${[compilers.cxx, ...sysrootOptions(draft)].join(' ')}`,
      reason: 'the compiler whose version the plan names',
    },
    {
      flag: `CFLAGS_NODIST=${[`-ffile-prefix-map={work}=${sourcePlaceholder}`, ...targetFlags].join(' ')}`,
      reason:
        'no path of this machine in debug information; target flags for the interpreter, not for extensions built later',
    },
    ...optimizationFlags(draft),
  ];
};

/** Flags that none of configure's questions is asked with: they are written into its files as they are. */
const unasked = ['--with-builtin-hashlib-hashes=', '--with-ssl-default-suites=', 'CFLAGS_NODIST='];
const isAsked = ({ flag }: Flag): boolean => !unasked.some((start) => flag.startsWith(start));

/**
 * Answers that configure cannot take from elsewhere without making other files: it sets NO_AS_NEEDED only while it asks for the
 * one, and libmpdec's flags depend on whether it has come to the other yet. Found by comparing what it makes of 3.9.2, 3.11.2,
 * 3.13.15, 3.14.6 and 3.15.0rc1 with and without.
 */
const answersWithEffects = ['ac_cv_wl_no_as_needed', 'ac_cv_gcc_asm_for_x64'];

export interface CoreSteps {
  readonly tree: Step;
  readonly core: Step;
  readonly all: readonly Step[];
}

/** Before it several workers need `random`, which needs the SHA-512 of `_hashlib`, which a core has not. */
const seriesWithParallelCompileall = '3.12';
/** Before it lib2to3's tests bring sources of Python 2, which do not compile. */
const seriesWithoutLib2to3 = '3.13';
/** `_sysconfig_vars_*.json` came with this series. */
const seriesWithJsonVars = '3.14';

/**
 * CPython without `_ssl` and `_hashlib`: configure, compile, and install into `{tree}/opt/…`; `{tree}/build` keeps the
 * Makefile and pyconfig.h whose flags the modules step uses. Nothing here depends on AWS-LC but what `coreFlags` names.
 */
export const planCore = (draft: CellDraft): CoreSteps => {
  const { series } = draft.cell.python;
  const name = `CPython ${draft.cell.python.version}`;
  const released = planSource(draft.cpythonSource, 'cpython', name);
  const tree = draft.patches.length === 0 ? released.tree : planPatch(draft, released.tree);
  const flags = coreFlags(draft);
  const dependencies = {
    tools: pickTools(draft.host.tools, [
      draft.compilers.c,
      draft.compilers.cxx,
      nameTool(draft, 'ld'),
      nameTool(draft, 'as'),
      nameTool(draft, 'ar'),
      'make',
      'pkg-config',
    ]),
    // Of a build for another machine they are in the sysroot, an input.
    devPackages:
      draft.cross === undefined
        ? Object.fromEntries(draft.host.devPackages.map(({ library, version }) => [library, version ?? 'absent']))
        : {},
    platform: draft.cell.platform,
    environment: buildEnvironment,
  };
  const inputs = draft.cross === undefined ? {} : { ...crossInputs(draft), python: draft.cross.python };
  const env = draft.cross === undefined ? {} : { env: { ...crossEnvironment(draft) } };
  const link: Action = { do: 'symlink', target: '{cpython}', path: '{work}/src' };
  const known: readonly Action[] =
    draft.cross !== undefined || draft.cell.optimization === 'release'
      ? []
      : [
          {
            do: 'known-answers',
            of: digestValue({
              tree: tree.fingerprint,
              flags: flags.filter(isAsked).map(({ flag }) => flag),
              dependencies,
            }),
            anew: [...answersWithEffects],
            why: 'the same compiler, packages and kernel answer the same; a release asks each time',
          },
        ];
  const configure = makeStep({
    kind: 'configure',
    subject: 'core',
    title: `configure ${name}`,
    inputs: { cpython: tree, ...inputs },
    actions: [
      link,
      {
        do: 'write',
        path: '{work}/build/Modules/Setup.local',
        text: '*disabled*\n_ssl _hashlib\n',
        why: 'the core is CPython without these two: the modules step builds them against this cell’s AWS-LC',
      },
      ...known,
      { do: 'exec', argv: ['../src/configure', ...flags.map(({ flag }) => flag)], cwd: '{work}/build', ...env },
      { do: 'copy', from: '{work}/build', to: '{tree}/build' },
    ],
    flags: [...flags],
    alsoDependsOn: dependencies,
  });
  const library = `opt/cpython-awslc/lib/python${series}`;
  const core = makeStep({
    kind: 'compile',
    subject: 'core',
    title: `compile ${name} without _ssl and _hashlib`,
    inputs: { cpython: tree, configured: configure, ...inputs },
    actions: [
      {
        do: 'copy-linked',
        from: '{cpython}',
        to: '{work}/src',
        why: 'the new interpreter writes .pyc files beside the sources that it imports',
      },
      { do: 'copy', from: '{configured}/build', to: '{work}/build' },
      {
        do: 'compile-cache',
        compilers: [nameTool(draft, draft.compilers.c), nameTool(draft, draft.compilers.cxx)],
        why: 'releases of a series have most files in common, and so have cores that differ in a hash or a cipher string',
      },
      { do: 'exec', argv: ['make', '-j{jobs}'], cwd: '{work}/build' },
      {
        do: 'exec',
        argv: ['make', 'install', 'DESTDIR={work}/dest', 'COMPILEALL_OPTS=--help'],
        cwd: '{work}/build',
        why: 'compileall only prints its help here: the .pyc files are made below, by one policy',
      },
      {
        do: 'exec',
        argv: ['find', '{work}/dest', '-name', '*.pyc', '-delete'],
        cwd: '{work}',
        why: 'with -E its compileall writes .pyc files of what it imports all the same, and they hold the time of their sources',
      },
      {
        do: 'substitute',
        files: [
          `{work}/dest/${library}/_sysconfigdata_*.py`,
          ...(compareVersions(series, seriesWithJsonVars) < 0 ? [] : [`{work}/dest/${library}/_sysconfig_vars_*.json`]),
          `{work}/dest/${library}/config-*/Makefile`,
        ],
        replace: [
          { from: '{work}', to: sourcePlaceholder },
          { from: '-DOPENSSL_NO_TLS_PHA', to: '' },
          ...hideCross(draft),
        ],
        why: 'no path of the build machine, and no macro of ours, for extensions built later',
      },
      {
        do: 'exec',
        argv: [
          ...(draft.cross === undefined ? ['./python'] : ['{python}/opt/cpython-awslc/bin/python3']),
          '-E',
          '-m',
          'compileall',
          '-q',
          compareVersions(series, seriesWithParallelCompileall) < 0 ? '-j1' : '-j{jobs}',
          '--invalidation-mode',
          'checked-hash',
          '-s',
          '{work}/dest',
          '-p',
          '/',
          '-x',
          compareVersions(series, seriesWithoutLib2to3) < 0
            ? 'bad_coding|badsyntax|site-packages|lib2to3/tests/data'
            : 'bad_coding|badsyntax|site-packages',
          `{work}/dest/${library}`,
        ],
        cwd: '{work}/build',
        // Its processes meet at a socket in there, whose path may have 107 bytes; a store's may have more.
        env: { TMPDIR: '/tmp' },
        why: 'one policy for .pyc files: unoptimized, checked by hash, so that they hold no time and never go stale',
      },
      { do: 'copy', from: '{work}/dest/opt', to: '{tree}/opt' },
      { do: 'copy', from: '{work}/build/Makefile', to: '{tree}/build/Makefile' },
      { do: 'copy', from: '{work}/build/pyconfig.h', to: '{tree}/build/pyconfig.h' },
      {
        do: 'substitute',
        files: ['{tree}/build/Makefile'],
        replace: [
          { from: '{work}', to: sourcePlaceholder },
          ...(draft.cross === undefined ? [] : [{ from: '{sysroot}', to: sysrootPlaceholder }]),
        ],
        why: 'the modules step brings its own paths',
      },
    ],
    width: 'all',
    worksIn: configure,
    alsoDependsOn: dependencies,
  });
  return { tree, core, all: [...released.steps, ...(tree === released.tree ? [] : [tree]), configure, core] };
};
