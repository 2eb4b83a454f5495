import { describe, expect, it } from 'vitest';
import type { Step, StepKind } from '../../../src/model/plan.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { findTravelling, withInputs } from '../../../src/run/travelling.ts';
import { planWith } from '../../rig/plan-inputs.ts';

const step = (kind: StepKind, subject: string, inputs: readonly Step[] = [], keeps = false): Step =>
  makeStep({
    kind,
    subject,
    title: subject,
    inputs: Object.fromEntries(inputs.map((input) => [input.subject, input])),
    actions: [],
    alsoDependsOn: subject,
    ...(keeps ? { keepsFor: { role: 'tree', content: 'c' } } : {}),
  });
const names = (steps: readonly Step[], travelling: ReadonlySet<string>): readonly string[] =>
  steps.flatMap(({ id, subject }) => (travelling.has(id) ? [subject] : []));

describe('steps that travel', () => {
  it('are what is compiled, linked and installed: no source, nothing of a place or of a machine', () => {
    const plan = planWith();
    const travelling = findTravelling(plan);
    const kinds = plan.steps.flatMap(({ id, kind, subject }) => (travelling.has(id) ? [`${kind} ${subject}`] : []));
    expect(kinds).toEqual(expect.arrayContaining(['compile awslc', 'compile core', 'modules crypto', 'install cell']));
    expect(kinds.filter((kind) => !/^(?:compile|modules|install) /.test(kind))).toEqual([]);
  });

  it('are none that rest on a build tree which is kept for a checkout', () => {
    const tree = step('unpack', 'tree');
    const kept = step('compile', 'kept', [tree], true);
    const core = step('compile', 'core', [tree]);
    const modules = step('modules', 'modules', [core, kept]);
    const install = step('install', 'install', [core, modules]);
    const steps = [tree, kept, core, modules, install];
    expect(names(steps, findTravelling({ steps }))).toEqual(['core']);
    expect(withInputs({ steps }, [modules]).map(({ subject }) => subject)).toEqual(['tree', 'kept', 'core', 'modules']);
  });
});
