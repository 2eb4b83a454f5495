import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a fake program does when it is called in one way. */
export interface FakeAnswer {
  /** Shell pattern that the arguments, joined by blanks, must match: `install *`. Any arguments unless given. */
  readonly args?: string;
  /** Only for this call of the program: 1 is the first. Every call unless given. */
  readonly call?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 unless given. */
  readonly exitCode?: number;
  /** Seconds to wait before answering: a stalled tool. */
  readonly sleepSeconds?: number;
  /** Lines of POSIX shell run before the exit: `$@` are the arguments, `$CALL` counts from 1, PATH has the system's tools. */
  readonly script?: string;
  /** Ends by this signal instead of an exit code. */
  readonly signal?: 'TERM' | 'KILL' | 'SEGV';
  /** Runs this program with the same arguments instead of answering: a recorder in front of the real one. */
  readonly exec?: string;
}

/** One answer for every call, or several: the first that matches the call is given; without a match exit code 99. */
export type FakeProgram = FakeAnswer | readonly FakeAnswer[];

/** One call of a fake program, as it was made. */
export interface FakeCall {
  readonly program: string;
  /** Arguments without the program's name. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** The environment that the program was started with. */
  readonly env: Readonly<Record<string, string>>;
}

export interface FakePrograms {
  /** The directory that holds the programs: a PATH on which nothing else is found. */
  readonly path: string;
  /** A PATH on which the fake programs hide the system's, and everything else is found. */
  readonly pathWithSystem: string;
  /** Calls in the order in which they began; of one program when a name is given. */
  readonly calls: (program?: string) => Promise<readonly FakeCall[]>;
  /** Command lines of the calls, arguments joined by blanks: easy to compare. */
  readonly commandLines: (program?: string) => Promise<readonly string[]>;
  /** Adds programs, or replaces them. */
  readonly add: (programs: Readonly<Record<string, FakeProgram>>) => Promise<void>;
  /** Takes programs away. */
  readonly remove: (...names: readonly string[]) => Promise<void>;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A shell pattern in which only `*`, `?` and `[` are special. */
const casePattern = (pattern: string): string => pattern.replace(/[^A-Za-z0-9*?[\]]/g, (character) => `\\${character}`);

const answerScript = (answer: FakeAnswer): string =>
  [
    ...(answer.sleepSeconds === undefined ? [] : [`/bin/sleep ${answer.sleepSeconds}`]),
    ...(answer.exec === undefined ? [] : [`exec ${quote(answer.exec)} "$@"`]),
    ...(answer.stdout === undefined ? [] : [`printf %s ${quote(answer.stdout)}`]),
    ...(answer.stderr === undefined ? [] : [`printf %s ${quote(answer.stderr)} >&2`]),
    ...(answer.script === undefined ? [] : [`PATH="$PATH:/usr/bin:/bin"`, answer.script]),
    ...(answer.signal === undefined ? [] : [`kill -${answer.signal} $$`]),
    `exit ${answer.exitCode ?? 0}`,
  ].join('\n');

const programScript = (name: string, program: FakeProgram, calls: string): string => {
  const answers: readonly FakeAnswer[] = Array.isArray(program)
    ? (program as readonly FakeAnswer[])
    : [program as FakeAnswer]; // Array.isArray does not narrow readonly arrays.
  const cases = answers.map((answer) => {
    const condition = [
      ...(answer.call === undefined ? [] : [`[ "$CALL" = ${answer.call} ]`]),
      ...(answer.args === undefined ? [] : [`case "$*" in ${casePattern(answer.args)}) true;; *) false;; esac`]),
    ].join(' && ');
    return condition === '' ? answerScript(answer) : `if ${condition}; then\n${answerScript(answer)}\nfi`;
  });
  const counts = answers.some((answer) => answer.call !== undefined || answer.script !== undefined);
  // Creating a file that must not exist is atomic: it gives every call of every program a number of its own. The record
  // is what /proc keeps of this shell, its arguments and environment, byte for byte. Only absolute paths and what the
  // shell has built in: PATH may have nothing but fakes.
  return `#!/bin/sh
N=1
set -C
until true 2>/dev/null >${quote(calls)}/$N.program; do N=$((N + 1)); done
set +C
HERE=${quote(calls)}/$N
echo ${quote(name)} >"$HERE.program"
printf '%s\\0%s\\0' $# "$PWD" >"$HERE.call"
/bin/cat /proc/$$/cmdline /proc/$$/environ >>"$HERE.call"
${
  counts
    ? `CALL=0
for FILE in ${quote(calls)}/*.program; do
  OTHER=
  read -r OTHER <"$FILE"
  if [ "$OTHER" = ${quote(name)} ]; then CALL=$((CALL + 1)); fi
done`
    : ''
}
: >"$HERE.complete"
${cases.join('\n')}
printf 'fake %s: no answer for: %s\\n' ${quote(name)} "$*" >&2
exit 99
`;
};

const readCall = async (records: string, number: number): Promise<FakeCall> => {
  const program = (await readFile(join(records, `${number}.program`), 'utf8')).trimEnd();
  const [count = '0', cwd = '', ...words] = (await readFile(join(records, `${number}.call`), 'utf8')).split('\0');
  // The shell and the path of its script come before the arguments; every entry ends with a NUL.
  const end = 2 + Number(count);
  const environment = words.slice(end).filter((entry) => entry !== '');
  return {
    program,
    args: words.slice(2, end),
    cwd,
    env: Object.fromEntries(
      environment.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
  };
};

/**
 * Makes fake executables in `directory/bin` that record how they are called and answer as told. They are POSIX shell
 * scripts and work on a PATH that has nothing else.
 */
export const fakePrograms = async (
  directory: string,
  programs: Readonly<Record<string, FakeProgram>>,
): Promise<FakePrograms> => {
  const path = join(directory, 'bin');
  const records = join(directory, 'calls');
  await mkdir(path, { recursive: true });
  await mkdir(records, { recursive: true });
  const add: FakePrograms['add'] = async (more) => {
    for (const [name, program] of Object.entries(more)) {
      await writeFile(join(path, name), programScript(name, program, records));
      await chmod(join(path, name), 0o755);
    }
  };
  const calls: FakePrograms['calls'] = async (program) => {
    const numbers = (await readdir(records))
      .filter((name) => name.endsWith('.complete'))
      .map((name) => Number.parseInt(name, 10))
      .sort((left, right) => left - right);
    const all = await Promise.all(numbers.map((number) => readCall(records, number)));
    return program === undefined ? all : all.filter((call) => call.program === program);
  };
  await add(programs);
  return {
    path,
    pathWithSystem: `${path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    calls,
    commandLines: async (program) => (await calls(program)).map((call) => [call.program, ...call.args].join(' ')),
    add,
    remove: async (...names) => {
      for (const name of names) await rm(join(path, name), { force: true });
    },
  };
};
