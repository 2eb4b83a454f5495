import type { Host } from '../model/host.ts';
import type { Action, Flag, Step } from '../model/plan.ts';
import type { Target } from '../model/recipe.ts';
import type { Source } from '../model/source.ts';

/** What is known of builds for another machine: how its programs are named here, and where its libraries lie. */
export interface CrossMachine {
  /** uname -m of the other machine. */
  readonly arch: string;
  /** Its GNU name, the prefix of the cross compiler. */
  readonly triple: string;
  /** The emulator that is here; absent when there is none. */
  readonly emulator?: string;
  /** C library, headers and -dev packages of the other machine. */
  readonly sysroot: Extract<Source, { kind: 'tree' }>;
}

/** A cell's build for another machine than the one that builds. */
export interface Cross {
  readonly triple: string;
  /** GNU name of the machine that builds. */
  readonly build: string;
  /** The step that has the other machine's libraries. */
  readonly sysroot: Step;
  /** The same CPython for the machine that builds: the core of a generic cell. */
  readonly python: Step;
  readonly emulator: { readonly program: string; readonly cpu: string };
}

/** The part of a draft that says whether, and how, its cell is built for another machine. */
export interface CrossDraft {
  readonly cross?: Cross;
}

/** Where a sysroot is said to be in what is kept of a build: the steps that need it put the real place there. */
export const sysrootPlaceholder = '/usr/src/cpython-awslc-sysroot';

/** Inputs of steps that compile, or run what was compiled. */
export const crossInputs = ({ cross }: CrossDraft): Readonly<Record<string, Step>> =>
  cross === undefined ? {} : { sysroot: cross.sysroot };

/** Compiler options of a build for another machine. */
export const sysrootOptions = ({ cross }: CrossDraft): readonly string[] =>
  cross === undefined ? [] : ['--sysroot={sysroot}', '-ffile-prefix-map={sysroot}='];

/** A tool's name: the cross tool of a build for another machine. */
export const nameTool = ({ cross }: CrossDraft, tool: string): string =>
  cross === undefined ? tool : `${cross.triple}-${tool}`;

/** Tools beside a compiler's that decide what a step makes which runs the new Python. */
export const emulatorTools = ({ cross }: CrossDraft): readonly string[] =>
  cross === undefined ? [] : [cross.emulator.program];

/** The words that start a program of the other machine, for one process that starts no other of it. */
export const emulatorWords = ({ cross }: CrossDraft): readonly string[] =>
  cross === undefined ? [] : [cross.emulator.program, '-L', '{sysroot}', '-cpu', cross.emulator.cpu];

/** What CMake must be told. */
export const crossCmakeFlags = ({ cross }: CrossDraft, arch: string): readonly Flag[] =>
  cross === undefined
    ? []
    : [
        { flag: '-DCMAKE_SYSTEM_NAME=Linux', reason: 'a build for another machine than this one' },
        { flag: `-DCMAKE_SYSTEM_PROCESSOR=${arch}`, reason: 'by this AWS-LC chooses its assembly' },
        { flag: '-DCMAKE_SYSROOT={sysroot}', reason: 'the C library of the other machine' },
      ];

/** Answers to questions that configure would ask a program of the other machine. */
const answers: readonly Flag[] = [
  { flag: 'ac_cv_file__dev_ptmx=yes', reason: 'every Linux has /dev/ptmx; configure looks on this machine only' },
  { flag: 'ac_cv_file__dev_ptc=no', reason: 'no Linux has /dev/ptc' },
  {
    flag: 'ac_cv_buggy_getaddrinfo=no',
    reason: 'glibc’s getaddrinfo is sound; without an answer configure would leave IPv6 out',
  },
  { flag: 'ac_cv_working_tzset=yes', reason: 'glibc’s tzset follows TZ; without an answer time.tzset is left out' },
  { flag: 'ac_cv_broken_sem_getvalue=no', reason: 'sem_getvalue works on Linux; without an answer it is not used' },
  { flag: 'ac_cv_pthread_system_supported=yes', reason: 'PTHREAD_SCOPE_SYSTEM is what Linux has' },
  { flag: 'ac_cv_computed_gotos=yes', reason: 'gcc and clang have them; without an answer the interpreter is slower' },
  { flag: 'ac_cv_aligned_required=no', reason: '64-bit Arm and x86 read unaligned words' },
];

/** What CPython's configure must be told. */
export const crossConfigureFlags = ({ cross }: CrossDraft): readonly Flag[] =>
  cross === undefined
    ? []
    : [
        { flag: `--host=${cross.triple}`, reason: 'the machine that runs the result' },
        { flag: `--build=${cross.build}`, reason: 'the machine that builds' },
        {
          flag: '--with-build-python={python}/opt/cpython-awslc/bin/python3',
          reason: 'the same CPython for this machine: what the build runs of itself',
        },
        ...answers,
      ];

/** Environment of CPython's configure: pkg-config looks into the sysroot, never at this machine. */
export const crossEnvironment = ({ cross }: CrossDraft): Readonly<Record<string, string>> =>
  cross === undefined
    ? {}
    : {
        PKG_CONFIG_LIBDIR: `{sysroot}/usr/lib/${cross.triple}/pkgconfig:{sysroot}/usr/share/pkgconfig`,
        PKG_CONFIG_SYSROOT_DIR: '{sysroot}',
      };

/** A GNU name as config.sub completes it: the Makefile and sysconfig have both forms. */
const completeTriple = (triple: string): string =>
  triple.replace(/^([^-]+)-/, (_, arch: string) => `${arch}-${arch === 'x86_64' ? 'pc' : 'unknown'}-`);

/**
 * Takes cross tools, sysroot and the machine that builds out of what an installed Python tells those who compile extensions
 * on the other machine: there it says what a build on that machine would say.
 */
export const hideCross = ({ cross }: CrossDraft): readonly { readonly from: string; readonly to: string }[] =>
  cross === undefined
    ? []
    : [
        { from: ' --sysroot={sysroot} -ffile-prefix-map={sysroot}=', to: '' },
        { from: '{sysroot}', to: '' },
        ...['gcc', 'g++', 'ar', 'ranlib', 'readelf', 'nm', 'objdump', 'strip', 'ld'].map((tool) => ({
          from: `${cross.triple}-${tool}`,
          to: tool,
        })),
        { from: '{python}/opt/cpython-awslc/bin/python3', to: 'python3' },
        { from: completeTriple(cross.build), to: completeTriple(cross.triple) },
        { from: cross.build, to: cross.triple },
      ];

/** Puts a script in the interpreter's place that starts it in the emulator; for what it starts by its own name too. */
const wrapScript = `set -e
mv "$1" "$2"
printf '#!/bin/sh\\nexec %s -L %s -cpu %s -0 "$0" %s "$@"\\n' "$(command -v "$3")" "$4" "$5" "$2" >"$1"
chmod 755 "$1"`;

/** The name by which a step's action is known to start emulation: the test step does it by itself. */
export const emulationMark = 'emulate';

/**
 * Lets the Python below a prefix run on this machine, however it is called: its executable moves to `{work}`, and a script
 * that starts the emulator takes its place. No registration in the kernel is needed, and none is made.
 */
export const beginEmulation = ({ cross }: CrossDraft, prefix: string, series: string): readonly Action[] =>
  cross === undefined
    ? []
    : [
        {
          do: 'exec',
          argv: [
            ...['sh', '-c', wrapScript, emulationMark],
            ...[`${prefix}/bin/python${series}`, `{work}/python${series}`],
            ...[cross.emulator.program, '{sysroot}', cross.emulator.cpu],
          ],
          cwd: '{work}',
          why: `a script that starts it in ${cross.emulator.program} takes the interpreter's place`,
        },
      ];

/** Puts the executable back. */
export const endEmulation = ({ cross }: CrossDraft, prefix: string, series: string): readonly Action[] =>
  cross === undefined
    ? []
    : [
        {
          do: 'exec',
          argv: ['mv', '-f', `{work}/python${series}`, `${prefix}/bin/python${series}`],
          cwd: '{work}',
          why: 'the interpreter back in its place',
        },
      ];

/** Whether a target's cell is for another machine than this one. */
export const isForeign = (target: Target, host: Pick<Host, 'platform'>): boolean =>
  target.arch.length > 0 && !target.arch.includes(host.platform.arch);
