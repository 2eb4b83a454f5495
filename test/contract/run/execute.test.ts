import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import type { Plan, Step, StepKind } from '../../../src/model/plan.ts';
import { fail, ok } from '../../../src/model/result.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { executePlan, type ExecuteOptions, type StepOutcome } from '../../../src/run/execute.ts';
import { storeKey } from '../../../src/run/inspect.ts';
import { lookupStep, openStore, type Store } from '../../../src/run/store.ts';
import type { StepFunction } from '../../../src/steps/context.ts';
import { flipByte } from '../../rig/pipeline.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

let directory: string;
let store: Store;
let events: RunEvent[];
/** Subjects in the order in which they began and ended: `+a`, `-a`. */
let trace: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'execute-'));
  const opened = await openStore(directory);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  store = opened.value;
  events = [];
  trace = [];
});
afterEach(() => removeTree(directory));

const step = (subject: string, inputs: readonly Step[] = [], more: { kind?: StepKind; worksIn?: Step } = {}): Step =>
  makeStep({
    kind: more.kind ?? 'compile',
    subject,
    title: `make ${subject}`,
    inputs: Object.fromEntries(inputs.map((input) => [input.subject, input])),
    actions: [],
    alsoDependsOn: subject,
    ...(more.worksIn === undefined ? {} : { worksIn: more.worksIn }),
  });
const makePlanOf = (steps: readonly Step[]): Plan => ({ ...planWith(), cells: [], steps: [...steps] });

/** Writes the subject and what the inputs said into \`said\`; takes as long as told. */
const speak =
  (ms: Readonly<Record<string, number>> = {}): StepFunction =>
  async (one, context) => {
    trace.push(`+${one.subject}`);
    const heard = await Promise.all(
      Object.keys(one.inputs).map((role) => readFile(join(context.places[role] ?? '', 'said'), 'utf8')),
    );
    await sleep(ms[one.subject] ?? 5);
    await writeFile(join(context.places['tree'] ?? '', 'said'), [one.subject, ...heard].join('<'));
    trace.push(`-${one.subject}`);
    return ok({ commands: [] });
  };

const run = (
  steps: readonly Step[],
  goals: readonly Step[],
  work: StepFunction,
  changes: Partial<ExecuteOptions> = {},
): Promise<readonly StepOutcome[]> => {
  const kinds: readonly StepKind[] = [
    'fetch',
    'unpack',
    'patch',
    'probe',
    'configure',
    'compile',
    'modules',
    'install',
    'prove',
    'test',
    'pack',
  ];
  return executePlan({
    plan: makePlanOf(steps),
    goals,
    store,
    machine: fixedHost.machine,
    // Every kind has the same function here.
    functions: Object.fromEntries(kinds.map((kind) => [kind, work])) as Record<StepKind, StepFunction>,
    jobs: 1,
    toolDir: directory,
    path: '/usr/bin:/bin',
    logDir: directory,
    fetch: { offline: true, mirrors: [], callerEnvironment: {} },
    rerun: [],
    signal: new AbortController().signal,
    listener: (event) => events.push(event),
    ...changes,
  });
};
const outcomeOf = (outcomes: readonly StepOutcome[]): Readonly<Record<string, string>> =>
  Object.fromEntries(outcomes.map((outcome) => [outcome.step.subject, outcome.outcome]));
const said = async (one: Step): Promise<string> => {
  const found = await lookupStep(store, storeKey(one, fixedHost.machine));
  return found.state === 'present' ? readFile(join(found.stored.tree, 'said'), 'utf8') : found.state;
};
const notices = (): readonly string[] => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));

describe('executing a plan', () => {
  it('does inputs first, each step once however many need it, and only what the goals need', async () => {
    const a = step('a');
    const [b, c] = [step('b', [a]), step('c', [a])];
    const d = step('d', [b, c]);
    const e = step('e', [a]);
    const outcomes = await run([a, b, c, d, e], [d], speak());
    expect(outcomeOf(outcomes)).toEqual({ a: 'done', b: 'done', c: 'done', d: 'done' });
    expect(trace.filter((entry) => entry.startsWith('+')).sort()).toEqual(['+a', '+b', '+c', '+d']);
    expect([trace.indexOf('-a') < trace.indexOf('+b'), trace.indexOf('-c') < trace.indexOf('+d')]).toEqual([
      true,
      true,
    ]);
    expect(await said(d)).toBe('d<b<a<c<a');
  });

  it('starts a step only after those that it must follow, and not at all when one of them failed', async () => {
    const check = step('check');
    const held = { ...step('held'), after: [check.id] };
    const goal = step('goal', [held]);
    expect(outcomeOf(await run([check, held, goal], [goal], speak({ check: 60 })))).toEqual({
      check: 'done',
      held: 'done',
      goal: 'done',
    });
    expect(trace.indexOf('-check')).toBeLessThan(trace.indexOf('+held'));
    // Nothing of it goes into the step: its role is nowhere.
    expect(await said(held)).toBe('held');

    const refuses = step('refuses');
    const never = { ...step('never'), after: [refuses.id] };
    const failing: StepFunction = (one, context) =>
      one.subject === 'refuses'
        ? Promise.resolve(fail({ code: 'offline', subject: 'x', next: 'y' }))
        : speak()(one, context);
    // What is made already is not asked whether it may be.
    const made = { ...held, after: [refuses.id] };
    expect(outcomeOf(await run([refuses, never, made], [never, made], failing))).toEqual({
      refuses: 'failed',
      never: 'not-run',
      held: 'recorded',
    });
  });

  it('brings the other goals about after a failure when it is to keep going', async () => {
    const [bad, late] = [step('bad'), step('late')];
    const good = step('good', [late]);
    const user = step('user', [bad]);
    const work: StepFunction = (one, context) =>
      one.subject === 'bad'
        ? Promise.resolve(fail({ code: 'offline', subject: 'x', next: 'y' }))
        : speak({ late: 80 })(one, context);
    expect(outcomeOf(await run([bad, user, late, good], [user, good], work))).toMatchObject({ good: 'not-run' });
    expect(outcomeOf(await run([bad, user, late, good], [user, good], work, { keepGoing: true }))).toEqual({
      bad: 'failed',
      user: 'not-run',
      late: 'recorded',
      good: 'done',
    });
  });

  it('asks nothing of what it has: inputs of a recorded goal may be gone', async () => {
    const a = step('a');
    const b = step('b', [a]);
    await run([a, b], [b], speak());
    await removeTree(join(store.steps, a.fingerprint));
    expect(outcomeOf(await run([a, b], [b], speak()))).toEqual({ b: 'recorded' });
    expect(trace).toHaveLength(4);
  });

  it('makes what configure wrote again in a store that was copied to another place, and nothing else', async () => {
    const source = step('source');
    const configured = step('configured', [source], { kind: 'configure' });
    const compiled = step('compiled', [configured], { worksIn: configured });
    await run([source, configured], [configured], speak());
    const copy = await mkdtemp(join(tmpdir(), 'execute-copy-'));
    try {
      // Node's own copy loses nanoseconds.
      await promisify(execFile)('cp', ['-a', `${directory}/.`, copy]);
      const opened = await openStore(copy);
      if (!opened.ok) throw new Error(JSON.stringify(opened.error));
      const steps = [source, configured, compiled];
      const there = await run(steps, [compiled], speak(), { store: opened.value });
      expect(outcomeOf(there)).toEqual({ source: 'recorded', configured: 'done', compiled: 'done' });
      expect(notices()).toEqual([expect.stringContaining('a store at another place')]);
      expect(outcomeOf(await run(steps, [compiled], speak()))).toEqual({ configured: 'recorded', compiled: 'done' });
    } finally {
      await removeTree(copy);
    }
  });

  it('after a failure starts nothing new, finishes what runs, and keeps it', async () => {
    const [bad, slow] = [step('bad'), step('slow')];
    const late = step('late', [slow]);
    const work: StepFunction = async (one, context) => {
      if (one.subject !== 'bad') return speak({ slow: 300 })(one, context);
      await sleep(50);
      return fail({ code: 'io-failed', path: 'x', operation: 'do', reason: 'no' });
    };
    const outcomes = await run([bad, slow, late], [bad, late], work);
    expect(outcomeOf(outcomes)).toEqual({ bad: 'failed', slow: 'done', late: 'not-run' });
    expect([await said(slow), await said(bad)]).toEqual(['slow', 'absent']);
    expect(outcomes.find(({ outcome }) => outcome === 'failed')?.failure?.code).toBe('io-failed');
  });

  it('takes an exception of a step for a bug, and ends like after any failure', async () => {
    const [bad] = await run([step('bad')], [step('bad')], () => Promise.reject(new Error('boom')));
    expect(bad).toMatchObject({
      outcome: 'failed',
      failure: { code: 'bug', message: expect.stringContaining('boom') as unknown },
    });
  });

  it('starts nothing once it is aborted', async () => {
    const stop = new AbortController();
    const a = step('a');
    const b = step('b', [a]);
    const work: StepFunction = (one, context) => {
      stop.abort('SIGINT');
      return speak()(one, context);
    };
    expect(outcomeOf(await run([a, b], [b], work, { signal: stop.signal }))).toEqual({ a: 'done', b: 'not-run' });
  });

  it('runs two steps at a time, and never two in one work path', async () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => step(name));
    let now = 0;
    let most = 0;
    const count: StepFunction = async (one, context) => {
      now += 1;
      most = Math.max(most, now);
      const result = await speak({ [one.subject]: 40 })(one, context);
      now -= 1;
      return result;
    };
    await run(four, four, count);
    expect(most).toBe(2);
    most = 0;
    const first = step('first');
    const shared = [step('x', [], { worksIn: first }), step('y', [], { worksIn: first })];
    await run(shared, shared, count);
    expect(most).toBe(1);
  });

  it('keeps proofs and results by the machine, and makes them again on another one or when told to', async () => {
    const a = step('a');
    const proof = step('p', [a], { kind: 'prove' });
    await run([a, proof], [proof], speak());
    const other = { ...fixedHost.machine, cpu: 'Another' };
    expect(outcomeOf(await run([a, proof], [proof], speak(), { machine: other }))).toEqual({
      a: 'recorded',
      p: 'done',
    });
    expect(outcomeOf(await run([a, proof], [proof], speak(), { rerun: ['prove'] }))).toEqual({
      a: 'recorded',
      p: 'done',
    });
    expect(outcomeOf(await run([a, proof], [proof], speak()))).toEqual({ p: 'recorded' });
  });

  it('mends a damaged input once for all who consume it, though both places are taken', async () => {
    const base = step('base');
    const input = step('input', [base]);
    const users = ['u', 'v', 'w'].map((name) => step(name, [input]));
    await run([base, input], [input], speak());
    await flipByte(join(store.steps, input.fingerprint, 'tree/said'));
    // Its own input has to be made again too.
    await removeTree(join(store.steps, base.fingerprint));
    trace = [];
    const outcomes = await run([base, input, ...users], users, speak());
    expect(outcomeOf(outcomes)).toEqual({ base: 'done', input: 'done', u: 'done', v: 'done', w: 'done' });
    expect(trace.filter((entry) => entry.startsWith('+')).sort()).toEqual(['+base', '+input', '+u', '+v', '+w']);
    expect(notices().filter((text) => text.includes('is damaged'))).toHaveLength(1);
    expect(await said(users[0] ?? input)).toBe('u<input<base');
  });

  it('a damaged input that cannot be made again ends its users', async () => {
    const input = step('input');
    const user = step('user', [input]);
    await run([input], [input], speak());
    await flipByte(join(store.steps, input.fingerprint, 'tree/said'));
    const broken: StepFunction = () => Promise.resolve(fail({ code: 'offline', subject: 'x', next: 'y' }));
    const outcomes = await run([input, user], [user], broken);
    expect(outcomeOf(outcomes)).toEqual({ input: 'failed', user: 'not-run' });
    expect(await said(user)).toBe('absent');
  });

  it('tells what happens, in order', async () => {
    const a = step('a');
    await run([a], [a], (one, context) => {
      context.progress('half');
      return speak()(one, context);
    });
    expect(events.map(({ type }) => type)).toEqual(['step-started', 'step-progress', 'step-finished']);
  });
});
