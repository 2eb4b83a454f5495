import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Step, StepKind } from '../../../src/model/plan.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { makeSchedule } from '../../../src/run/schedule.ts';

const step = (kind: StepKind, subject: string, inputs: readonly Step[] = [], width: Step['width'] = 'one'): Step =>
  makeStep({
    kind,
    subject,
    title: `${kind} ${subject}`,
    inputs: Object.fromEntries(inputs.map((input) => [input.id, input])),
    actions: [],
    width,
    alsoDependsOn: {},
  });
const library = step('compile', 'awslc', [], 'all');
const configured = step('configure', 'core');
const core = step('compile', 'core', [configured], 'all');
const modules = step('modules', 'crypto', [library, core]);
const suites = step('test', 'cell', [modules], 'all');
const steps = [library, configured, core, modules, suites];

describe('the schedule of a plan', () => {
  it('lets in two that use all cores, the longest chain first, however many small ones wait', async () => {
    const schedule = makeSchedule(steps, 2);
    const running: string[] = [];
    const ends = new Map<string, () => void>();
    const use = (one: Step, name: string): void => {
      void schedule.use(one, async () => {
        running.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        running.splice(running.indexOf(name), 1);
      });
    };
    use(suites, 'suites');
    use(library, 'library');
    for (const name of ['1', '2', '3', '4', '5']) use(modules, name);
    await turn();
    expect(running).toEqual(['suites', 'library', '1', '2', '3']);
    use(suites, 'more suites');
    use(core, 'core');
    use(configured, 'configure');
    ends.get('library')?.();
    ends.get('1')?.();
    await turn();
    // The core came last and has the longest chain; `configure` goes before modules that waited longer.
    expect(running).toEqual(['suites', '2', '3', 'core', 'configure']);
  });

  it('slows down compiling on which less hangs than on something else that must be made, and nothing that is timed', async () => {
    const niceness = async (wanted: readonly Step[], of: Step): Promise<number> => {
      const schedule = makeSchedule(steps, 2);
      for (const one of [...wanted, of]) schedule.want(one);
      return schedule.use(of, (niceness) => Promise.resolve(niceness));
    };
    expect(await niceness([core, modules], library)).toBeGreaterThan(0);
    expect(await niceness([library, modules], core)).toBe(0);
    // The core was there already: now everything waits for the library.
    expect(await niceness([modules, suites], library)).toBe(0);
    expect(await niceness([core, library], suites)).toBe(0);
    const schedule = makeSchedule(steps, 2);
    for (const one of [core, library]) schedule.want(one);
    schedule.leave(core);
    expect(await schedule.use(library, (niceness) => Promise.resolve(niceness))).toBe(0);
  });

  it('gives its room back after a failure', async () => {
    const schedule = makeSchedule(steps, 1);
    for (let round = 0; round < 3; round += 1) {
      await expect(schedule.use(core, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
  });
});
