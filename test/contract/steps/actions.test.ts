import { lstat, mkdir, mkdtemp, readFile, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Failure } from '../../../src/model/failure.ts';
import type { Action } from '../../../src/model/plan.ts';
import { probedSources } from '../../../src/plan/capabilities.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { runActions } from '../../../src/steps/actions.ts';
import { build } from '../../../src/steps/build.ts';
import type { StepContext } from '../../../src/steps/context.ts';
import { fillPlaces, hidePlaces } from '../../../src/steps/places.ts';
import { probe } from '../../../src/steps/probe.ts';

let directory: string;
let context: StepContext;
let lines: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'actions-'));
  const [work, tree, input] = ['work', 'tree', 'input'].map((name) => join(directory, name));
  if (work === undefined || tree === undefined || input === undefined) throw new Error('three places');
  for (const path of [work, tree, input]) await mkdir(path);
  lines = [];
  context = {
    places: { work, tree, input, path: '/usr/bin:/bin' },
    environment: { PATH: '{path}', HOME: '{work}', LC_ALL: 'C.UTF-8' },
    jobs: 3,
    niceness: 0,
    answersOf: { directory: 'unused', machine: 'unused' },
    logFile: join(directory, 'log'),
    downloadsDir: directory,
    fetch: { offline: true, mirrors: [], callerEnvironment: {} },
    signal: new AbortController().signal,
    progress: (text) => lines.push(text),
  };
});
afterEach(() => removeTree(directory));

const stepOf = (...actions: readonly Action[]): ReturnType<typeof makeStep> =>
  makeStep({ kind: 'configure', subject: 'core', title: 'try it', inputs: {}, actions, alsoDependsOn: {} });
const exec = (script: string, more: Partial<Extract<Action, { do: 'exec' }>> = {}): Action => ({
  do: 'exec',
  argv: ['sh', '-c', script],
  cwd: '{work}',
  ...more,
});
const failureOf = async (...actions: readonly Action[]): Promise<Failure> => {
  const result = await runActions(stepOf(...actions), context);
  if (result.ok) throw new Error('it should fail');
  return result.error;
};
const inTree = (name: string): Promise<string> => readFile(join(directory, 'tree', name), 'utf8');

describe('actions', () => {
  it('are done in order, with places filled in, and the commands told with their places', async () => {
    const done = await runActions(
      stepOf(
        { do: 'write', path: '{work}/deep/a', text: 'text of a {work}' },
        { do: 'copy', from: '{work}/deep', to: '{tree}/copied' },
        { do: 'symlink', target: 'copied/a', path: '{tree}/links/one' },
        exec('echo "$1 $HOME $2"', {
          argv: ['sh', '-c', 'echo "$1 $HOME $2"', 'sh', '{jobs}', '{input}'],
          stdout: '{tree}/out',
        }),
        { do: 'substitute', files: ['{tree}/ou*'], replace: [{ from: '{work}', to: '/usr/src' }], why: 'no path' },
        { do: 'require-text', file: '{tree}/out', present: ['/usr/src'], absent: ['{work}'], why: 'checked' },
      ),
      context,
    );
    expect(done).toMatchObject({
      ok: true,
      value: [{ argv: ['sh', '-c', expect.anything() as unknown, 'sh', '{jobs}', '{input}'] }],
    });
    expect(await inTree('out')).toBe(`3 /usr/src ${directory}/input\n`);
    // A file's text is written as it is: what it holds in braces is its own.
    expect(await inTree('copied/a')).toBe('text of a {work}');
    expect(await readlink(join(directory, 'tree/links/one'))).toBe('copied/a');
  });

  it('give a program the plan’s environment and what the action adds, and nothing else', async () => {
    process.env['LEAK'] = 'leaked';
    try {
      await runActions(stepOf(exec('env | sort', { env: { MINE: '{tree}' }, stdout: '{tree}/env' })), context);
    } finally {
      delete process.env['LEAK'];
    }
    const names = (await inTree('env'))
      .split('\n')
      .map((entry) => entry.split('=')[0])
      .filter((name) => !['PWD', '_', 'OLDPWD', 'SHLVL', ''].includes(name ?? ''));
    expect(names).toEqual(['HOME', 'LC_ALL', 'MINE', 'PATH']);
    expect(await inTree('env')).toContain(`MINE=${directory}/tree`);
  });

  it('stop at the first that fails, with the command by its places, its last lines and the log', async () => {
    const failure = await failureOf(
      exec('for n in $(seq 40); do echo "line $n"; done; echo "to stderr" >&2; exit 3', {
        argv: ['sh', '-c', 'for n in $(seq 40); do echo "line $n"; done; echo err >&2; exit 3', '{work}'],
      }),
      { do: 'write', path: '{tree}/after', text: '' },
    );
    expect(failure).toMatchObject({
      code: 'command-failed',
      step: 'try it',
      exit: 'exit code 3',
      log: join(directory, 'log'),
    });
    expect(failure.code === 'command-failed' && failure.argv.at(-1)).toBe('{work}');
    expect(failure.code === 'command-failed' && failure.lastLines.length).toBe(25);
    expect(lines).toContain('line 40');
    expect(await readFile(join(directory, 'log'), 'utf8')).toMatch(/^\$ sh -c .*\n(.*\n)*line 1\n/);
    await expect(inTree('after')).rejects.toThrow('ENOENT');
  });

  it.each<[string, Action, object]>([
    [
      'a program that is not there',
      { do: 'exec', argv: ['no-such-program'], cwd: '{work}' },
      { code: 'tool-missing', tool: 'no-such-program' },
    ],
    ['a copy of nothing', { do: 'copy', from: '{work}/nothing', to: '{tree}/x' }, { code: 'io-failed' }],
    ['a link in the place of something', { do: 'symlink', target: 'x', path: '{tree}' }, { code: 'io-failed' }],
    [
      'a substitution in nothing',
      { do: 'substitute', files: ['{work}/none*'], replace: [], why: '' },
      { code: 'io-failed' },
    ],
    [
      'a text that must be in a file that is not there',
      { do: 'require-text', file: '{work}/none', present: [], absent: [], why: '' },
      { code: 'io-failed' },
    ],
    [
      'a program that ends by a signal',
      { do: 'exec', argv: ['sh', '-c', 'kill -SEGV $$'], cwd: '{work}' },
      { code: 'command-failed', exit: 'signal SIGSEGV' },
    ],
  ])('say what is wrong: %s', async (_, action, expected) => {
    expect(await failureOf(action)).toMatchObject(expected);
  });

  it('name every text that is missing or must not be there', async () => {
    await writeFile(join(directory, 'work/file'), 'one two');
    const failure = await failureOf({
      do: 'require-text',
      file: '{work}/file',
      present: ['one', 'three'],
      absent: ['two', 'four'],
      why: 'because',
    });
    expect(failure).toMatchObject({
      code: 'capability-mismatch',
      differences: [
        { name: 'three', expected: 'present', found: 'absent' },
        { name: 'two', expected: 'absent', found: 'present' },
      ],
    });
  });

  it('look for a name as a whole, not for the end of a longer one', async () => {
    await writeFile(join(directory, 'work/file'), 'sk_X509_OBJECT_new(void) (X509_sort( *X509_last(');
    const failure = await failureOf({
      do: 'require-text',
      file: '{work}/file',
      present: ['X509_OBJECT_new(', '(X509_sort('],
      absent: ['OBJECT_new(', 'X509_last('],
      why: 'because',
    });
    expect(failure).toMatchObject({
      code: 'capability-mismatch',
      differences: [
        { name: 'X509_OBJECT_new(', expected: 'present', found: 'absent' },
        { name: 'X509_last(', expected: 'absent', found: 'present' },
      ],
    });
  });

  it('take a place that the step does not have for a bug', () => {
    expect(() => fillPlaces('{nowhere}/x', context)).toThrow('no place {nowhere}');
    expect(fillPlaces('${HOME} {A} {}', context)).toBe('${HOME} {A} {}');
  });

  it('hide the longest place first', () => {
    const nested = { ...context, places: { work: '/s/work', tree: '/s/work/tree', path: '/usr/bin' } };
    expect(hidePlaces('/s/work/tree/x /s/work/y /usr/bin', nested)).toBe('{tree}/x {work}/y /usr/bin');
  });
});

describe('a build step', () => {
  const explained = async (script: string): Promise<Failure> => {
    const result = await build(stepOf(exec(script)), context);
    if (result.ok) throw new Error('it should fail');
    return result.error;
  };

  it.each<[string, string, RegExp]>([
    ['no C library', 'echo "configure: error: C compiler cannot create executables"; exit 77', /doctor --fix/],
    ['no memory', 'echo "g++: fatal error: Killed signal terminated program cc1plus"; exit 1', /--jobs 1/],
    ['an old assembler', 'echo "Error: no such instruction: vpxord"; exit 1', /assembler is too old/],
    ['a missing header', 'echo "x.c:1: fatal error: ffi.h: No such file or directory"; exit 1', /header is missing/],
  ])('says what to do: %s', async (_, script, hint) => {
    expect(await explained(script)).toMatchObject({
      code: 'command-failed',
      hint: expect.stringMatching(hint) as unknown,
    });
  });

  it('takes a tool’s word for a full disk', async () => {
    expect(await explained('echo "as: can not write: No space left on device"; exit 1')).toMatchObject({
      code: 'disk-full',
    });
    expect(await explained('echo "cp: Disk quota exceeded"; exit 1')).toMatchObject({ code: 'disk-full' });
  });

  it('shows the reason in config.log', async () => {
    const failure = await explained(
      'mkdir -p build; printf "configure:1: result: yes\\n| int main\\nconfigure:9: error: no acceptable C compiler\\nlater\\n" >build/config.log; exit 1',
    );
    expect(failure).toMatchObject({
      lastLines: expect.arrayContaining(['config.log: configure:9: error: no acceptable C compiler']) as unknown,
    });
    expect(failure.code === 'command-failed' && failure.lastLines.join()).not.toContain('later');
  });
});

describe('the probe', () => {
  it('names the version whose headers are not as the plan says, and reads capabilities when they are', async () => {
    const header = '#define AWSLC_VERSION_NUMBER_STRING "5.77.0"\nconst EVP_MD *EVP_sha256(void);\n';
    const inAwslc: StepContext = { ...context, places: { ...context.places, awslc: join(directory, 'input') } };
    const sources = {
      hmac: 'METHODS(EVP_sha256(), SHA256)',
      groups: '{NID_X25519, SSL_GROUP_X25519, "X25519"}',
      server: '',
    };
    const steps = (present: readonly string[]): ReturnType<typeof makeStep> => ({
      ...stepOf(
        { do: 'write', path: '{tree}/probe.i', text: header },
        ...(['hmac', 'groups', 'server'] as const).map((name): Action => ({
          do: 'write',
          path: `{awslc}/${probedSources[name]}`,
          text: sources[name],
        })),
        { do: 'require-text', file: '{tree}/probe.i', present: [...present], absent: [], why: '' },
      ),
      subject: 'awslc',
    });
    expect(await probe(steps(['EVP_sha512(']), inAwslc)).toMatchObject({
      ok: false,
      error: { code: 'capability-mismatch', awslc: '5.77.0' },
    });
    expect(await probe(steps(['EVP_sha256(']), inAwslc)).toMatchObject({
      ok: true,
      value: { capabilities: { pha: false, hashes: ['sha256'], hmacHashes: ['sha256'], groups: ['X25519'] } },
    });
    const later = stepOf({ do: 'write', path: '{tree}/probe.i', text: header });
    await removeTree(join(directory, 'input', 'ssl'));
    expect(await probe({ ...later, subject: 'awslc' }, inAwslc)).toMatchObject({
      ok: false,
      error: { code: 'io-failed', operation: 'read' },
    });
    expect((await lstat(join(directory, 'tree/probe.i'))).isFile()).toBe(true);
  });
});
