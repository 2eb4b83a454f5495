import { describe, expect, it } from 'vitest';
import { findCriticalPath, rankSteps } from '../../../src/plan/critical-path.ts';
import { planWith } from '../../rig/plan-inputs.ts';

const plan = planWith();
const steps = plan.steps.filter(({ subject }) => subject !== 'twin');
const nameOf = (id: string): string => id.replace(/-[0-9a-f]{12}$/, '');

describe('the critical path', () => {
  it('is a chain in which each step needs the one before it, from a source to the suites', () => {
    const path = findCriticalPath(steps, 2);
    const names = path.steps.map(({ id }) => nameOf(id));
    expect(names[0]).toBe('fetch-cpython');
    expect(names.slice(-5)).toEqual(['configure-core', 'compile-core', 'modules-crypto', 'install-cell', 'test-cell']);
    for (const [index, { id }] of path.steps.entries()) {
      const before = path.steps[index - 1];
      const step = steps.find((one) => one.id === id);
      if (before !== undefined)
        expect([...Object.values(step?.inputs ?? {}), ...(step?.after ?? [])]).toContain(before.id);
    }
    expect(path.seconds).toBeCloseTo(path.steps.reduce((sum, { seconds }) => sum + seconds, 0));
    expect(path.seconds).toBeGreaterThan(findCriticalPath(steps, 64).seconds);
  });

  it('ranks a step above everything that waits for it, whatever the order of the steps', () => {
    for (const order of [steps, steps.toReversed()]) {
      const ranks = rankSteps(order, 2);
      for (const step of steps) {
        for (const id of [...Object.values(step.inputs), ...(step.after ?? [])]) {
          expect(ranks.get(id)).toBeGreaterThan(ranks.get(step.id) ?? Number.POSITIVE_INFINITY);
        }
      }
    }
    expect(findCriticalPath([], 2).steps).toEqual([]);
  });
});
