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
  it('lets in twice as many jobs as there are cores, the longest chain first, and what fits beside it', async () => {
    const schedule = makeSchedule(steps, 2);
    const running: string[] = [];
    const ends: (() => void)[] = [];
    const use = (one: Step, name = one.subject): void => {
      void schedule.use(one, async () => {
        running.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
        running.splice(running.indexOf(name), 1);
      });
    };
    use(suites);
    use(library, 'first library');
    await turn();
    expect(running).toEqual(['cell', 'first library']);
    use(library);
    use(configured, 'configure');
    use(core);
    await turn();
    expect(running).toHaveLength(2);
    ends[0]?.();
    await turn();
    // `configure` has the longest chain; beside it is room for one job, not for two.
    expect(running).toEqual(['first library', 'configure']);
    ends[1]?.();
    await turn();
    expect(running).toEqual(['configure', 'core']);
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
