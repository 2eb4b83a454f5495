import type { Capabilities } from '../model/catalogue.ts';
import type { Platform } from '../model/cell.ts';
import type { Action, Step, Tool } from '../model/plan.ts';
import type { LoadedShim } from '../model/shim.ts';
import { crossInputs, sysrootOptions, type CrossDraft } from './cross.ts';
import { buildEnvironment } from './environment.ts';
import { includeShims, writeShims } from './shims.ts';
import { makeStep, pickTools } from './step.ts';

/** What a syntax check is made from: a part of every cell. */
export interface CompatDraft extends CrossDraft {
  readonly cell: {
    readonly python: { readonly version: string };
    readonly awslc: { readonly version: string };
    readonly platform: Platform;
  };
  readonly capabilities: Capabilities;
  readonly shims: readonly LoadedShim[];
  readonly compilers: { readonly c: string };
  readonly host: { readonly tools: readonly Tool[] };
}

/**
 * Stands in for the pyconfig.h that configure would write: what Python.h and the two modules ask of a Linux with a C
 * compiler, sizes in the compiler's own words. Nothing is compiled with it.
 */
const pyconfig = `/* For a syntax check before anything is configured. */
#ifndef Py_PYCONFIG_H
#define Py_PYCONFIG_H
#define _GNU_SOURCE 1
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700
#define HAVE_DYNAMIC_LOADING 1
#define HAVE_ERRNO_H 1
#define HAVE_LONG_LONG 1
#define HAVE_POLL 1
#define HAVE_POLL_H 1
#define HAVE_PTHREAD_H 1
#define HAVE_STDARG_PROTOTYPES 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_X509_VERIFY_PARAM_SET1_HOST 1
#define PY_SSL_DEFAULT_CIPHERS 2
#define PY_SSL_DEFAULT_CIPHER_STRING "ALL"
#define SIZEOF_INT __SIZEOF_INT__
#define SIZEOF_LONG __SIZEOF_LONG__
#define SIZEOF_LONG_LONG __SIZEOF_LONG_LONG__
#define SIZEOF_PID_T __SIZEOF_INT__
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#define SIZEOF_TIME_T __SIZEOF_LONG__
#define SIZEOF_VOID_P __SIZEOF_POINTER__
#define SIZEOF_WCHAR_T __SIZEOF_WCHAR_T__
#define WITH_THREAD 1
#endif
`;

/** What a compiler must not let pass: each would be a missing or different function at link or run time. */
const strictness: Readonly<Record<string, readonly string[]>> = {
  gcc: ['-fmax-errors=0', '-fno-diagnostics-show-caret', '-fdiagnostics-color=never'],
  clang: [
    '-ferror-limit=0',
    '-fno-caret-diagnostics',
    '-fno-color-diagnostics',
    '-Werror=incompatible-function-pointer-types',
  ],
};

const checkActions = (draft: CompatDraft, shims: readonly LoadedShim[]): readonly Action[] => [
  {
    do: 'write',
    path: '{work}/include/pyconfig.h',
    text: pyconfig,
    why: 'nothing is configured yet, and nothing is compiled with it',
  },
  ...writeShims(shims, '{work}/shims'),
  {
    do: 'exec',
    argv: [
      draft.compilers.c,
      ...sysrootOptions(draft),
      '-fsyntax-only',
      '-std=c11',
      ...(strictness[draft.compilers.c.replace(/^.*-(?=gcc$|clang$)/, '')] ?? []),
      '-Wno-deprecated-declarations',
      '-Werror=implicit-function-declaration',
      '-Werror=implicit-int',
      '-Werror=incompatible-pointer-types',
      '-Werror=int-conversion',
      '-DNDEBUG',
      ...(draft.capabilities.pha ? [] : ['-DOPENSSL_NO_TLS_PHA']),
      '-I{work}/include',
      '-I{cpython}/Include/internal',
      '-I{cpython}/Include',
      '-I{awslc}/include',
      ...includeShims(shims, '{work}/shims'),
      '{cpython}/Modules/_ssl.c',
      '{cpython}/Modules/_hashopenssl.c',
    ],
    cwd: '{work}',
    why: 'both modules against the headers, for syntax only: what AWS-LC lacks is named before anything is built',
  },
];

const dependencies = (draft: CompatDraft): unknown => ({
  tools: pickTools(draft.host.tools, [draft.compilers.c]),
  platform: draft.cell.platform,
  environment: buildEnvironment,
});

/** Checks the source as it will be built, patched and with shims, for syntax against AWS-LC's headers. It fails when that cannot compile. */
export const planCompat = (draft: CompatDraft, inputs: { readonly awslc: Step; readonly cpython: Step }): Step =>
  makeStep({
    kind: 'probe',
    subject: 'compat',
    title: `check that CPython ${draft.cell.python.version} compiles against AWS-LC ${draft.cell.awslc.version}`,
    inputs: { ...inputs, ...crossInputs(draft) },
    actions: checkActions(draft, draft.shims),
    alsoDependsOn: dependencies(draft),
  });

/**
 * The same check as a question: its output says what is missing, and it does not fail for that. Of the source as released
 * with no shims, of what would be built with the cell's.
 */
export const planSurvey = (
  draft: CompatDraft,
  inputs: { readonly awslc: Step; readonly cpython: Step },
  shims: readonly LoadedShim[],
): Step =>
  makeStep({
    kind: 'probe',
    subject: 'survey',
    title: `find what CPython ${draft.cell.python.version} misses in AWS-LC ${draft.cell.awslc.version}`,
    inputs: { ...inputs, ...crossInputs(draft) },
    actions: checkActions(draft, shims),
    alsoDependsOn: dependencies(draft),
  });
