import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A composite action of GitHub, as far as it is used here. */
export interface CompositeAction {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly CompositeStep[] };
}

export interface CompositeStep {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

export interface CompositeOptions {
  /** Where action.yml lies. */
  readonly directory: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The runner's environment; GITHUB_ and RUNNER_ variables are added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A directory of this run's own. */
  readonly temp: string;
  /** The workspace. */
  readonly cwd: string;
  /** Outputs that an action of another gives. */
  readonly answer?: (uses: string, inputs: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

export interface CompositeRun {
  readonly succeeded: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  /** All that steps wrote on both streams. */
  readonly log: string;
  readonly summary: string;
  /** Actions of others that were used, with their inputs. */
  readonly used: readonly { readonly uses: string; readonly inputs: Readonly<Record<string, string>> }[];
  /** Names of the steps that were not left out. */
  readonly steps: readonly string[];
}

interface State {
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Map<string, Readonly<Record<string, string>>>;
  failed: boolean;
}

/** The value of a word of an expression: a text, an input, or an output of a step. */
const valueOf = (word: string, { inputs, outputs }: State): string => {
  const [, text] = /^'(.*)'$/.exec(word) ?? [];
  if (text !== undefined) return text;
  const [, input] = /^inputs\.([\w-]+)$/.exec(word) ?? [];
  if (input !== undefined) return inputs[input] ?? '';
  const [, step = '', output = ''] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(word) ?? [];
  if (step === '') throw new Error(`an expression that this rig does not know: ${word}`);
  return outputs.get(step)?.[output] ?? '';
};

const fill = (text: string, state: State): string =>
  text.replace(/\$\{\{ (.+?) \}\}/g, (_, word: string) => valueOf(word, state));

/** Clauses joined by `&&`; without a status function nothing runs after a failure. */
const holds = (condition: string | undefined, state: State): boolean => {
  const clauses = (condition ?? 'success()').split(' && ');
  const asked = clauses.some((clause) => clause === 'always()' || clause === 'success()')
    ? clauses
    : ['success()', ...clauses];
  return asked.every((clause) => {
    if (clause === 'always()') return true;
    if (clause === 'success()') return !state.failed;
    const [, left = '', operator, right = ''] = /^(\S+) (==|!=) (\S+)$/.exec(clause) ?? [];
    const equal = valueOf(left, state) === valueOf(right, state);
    return operator === '==' ? equal : !equal;
  });
};

/** A file of outputs: `name=value`, and `name<<END` with lines up to END. */
const parseOutputs = (text: string): Readonly<Record<string, string>> => {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    const [, name, end] = /^([\w-]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && end !== undefined) {
      const at = lines.indexOf(end);
      if (at < 0) throw new Error(`output ${name} has no end`);
      outputs[name] = lines
        .splice(0, at + 1)
        .slice(0, -1)
        .join('\n');
    } else if (line !== '') {
      const [, key = '', value = ''] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      outputs[key] = value;
    }
  }
  return outputs;
};

const runScript = (
  file: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly exitCode: number | null; readonly log: string }> =>
  new Promise((resolve, reject) => {
    // What GitHub documents for `shell: bash`.
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ exitCode, log });
    });
  });

/** Runs a composite action as a runner of GitHub does: inputs and outputs, conditions, files for outputs and summary. */
export const runComposite = async (action: CompositeAction, options: CompositeOptions): Promise<CompositeRun> => {
  for (const name of Object.keys(options.inputs)) {
    if (action.inputs[name] === undefined) throw new Error(`the action has no input ${name}`);
  }
  const defaults = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default]));
  const state: State = { inputs: { ...defaults, ...options.inputs }, outputs: new Map(), failed: false };
  await mkdir(options.temp, { recursive: true });
  const files = await mkdtemp(join(options.temp, 'runner-'));
  const summary = join(files, 'summary.md');
  await writeFile(summary, '');
  let log = '';
  const used: { uses: string; inputs: Record<string, string> }[] = [];
  const steps: string[] = [];
  for (const [index, step] of action.runs.steps.entries()) {
    if (!holds(step.if, state)) continue;
    steps.push(step.name);
    const fillAll = (values: Readonly<Record<string, string>> = {}): Record<string, string> =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value, state)]));
    if (step.run === undefined) {
      const inputs = fillAll(step.with);
      used.push({ uses: step.uses ?? '', inputs });
      state.outputs.set(step.id ?? '', options.answer?.(step.uses ?? '', inputs) ?? {});
      continue;
    }
    const [script, output] = [join(files, `${index}.sh`), join(files, `${index}.out`)];
    await writeFile(script, fill(step.run, state));
    await writeFile(output, '');
    const ran = await runScript(script, options.cwd, {
      ...options.env,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: options.directory,
      GITHUB_WORKSPACE: options.cwd,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_RUN_ID: '42',
      GITHUB_RUN_ATTEMPT: '1',
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      RUNNER_TEMP: options.temp,
      ...fillAll(step.env),
    });
    log += ran.log;
    if (ran.exitCode !== 0) state.failed = true;
    state.outputs.set(step.id ?? '', parseOutputs(await readFile(output, 'utf8')));
  }
  return {
    succeeded: !state.failed,
    outputs: Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, fill(value, state)])),
    log,
    summary: await readFile(summary, 'utf8'),
    used,
    steps,
  };
};
