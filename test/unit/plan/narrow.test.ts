import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/model/failure.ts';
import { narrowPlan } from '../../../src/plan/narrow.ts';
import { selectGoals } from '../../../src/plan/plan.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

const plan = planWith({ axes: { python: ['3.14.6', '3.14.5'], awslc: ['5.12.0', '5.11.0'] } });

describe('a plan narrowed to some cells', () => {
  const [first] = plan.cells;
  const narrowed = narrowPlan(plan, new Set(first === undefined ? [] : [first.id]));

  it('has these cells and the steps that they need, with the same fingerprints, in order', () => {
    const alone = planWith({ axes: { python: ['3.14.6'], awslc: ['5.12.0'] } });
    expect(narrowed.cells).toEqual(alone.cells);
    expect(narrowed.steps).toEqual(alone.steps);
  });

  it('waits for nothing on behalf of the others', () => {
    const ids = new Set(narrowed.steps.map(({ id }) => id));
    expect(narrowed.steps.flatMap(({ after }) => after ?? []).filter((id) => !ids.has(id))).toEqual([]);
    const core = (of: typeof plan): number =>
      of.steps.find(({ id }) => id === first?.steps['compile-core'])?.after?.length ?? 0;
    expect([core(plan), core(narrowed)]).toEqual([2, 1]);
  });

  it('up to the cores is these alone', () => {
    expect(selectGoals(plan, 'core').map(({ kind, subject }) => `${kind}-${subject}`)).toEqual([
      'compile-core',
      'compile-core',
    ]);
  });
});

describe('a plan that may have cells of other machines', () => {
  it('tells apart what this machine has no tools, no libraries or no way for', () => {
    const withoutGo = { ...fixedHost, tools: fixedHost.tools.filter(({ name }) => name !== 'go') };
    const fips = planWith({ axes: { awslc: ['5.12.0', 'fips-3.1.0'] }, host: withoutGo, mayBeElsewhere: true });
    expect([fips.cells.length, fips.elsewhere?.map(({ id, failure }) => [id.slice(0, 30), failure.code])]).toEqual([
      1,
      [['cpython-3.14.6+awslc-fips-3.1.', 'tool-missing']],
    ]);
    const failure: Failure = { code: 'package-missing', packages: ['arm64'], neededFor: 'cross', next: 'Install it.' };
    const cross = planWith({
      axes: { target: ['generic', 'graviton3'] },
      cross: [
        {
          arch: 'aarch64',
          triple: 'aarch64-linux-gnu',
          sysroot: { kind: 'tree', description: 'path', treeDigest: 'a'.repeat(64) },
        },
      ],
      unreachable: new Map([['aarch64', failure]]),
      mayBeElsewhere: true,
    });
    expect(cross.elsewhere).toMatchObject([{ cell: { target: 'graviton3' }, failure }]);
    expect(() => planWith({ axes: { awslc: ['fips-3.1.0'] }, host: withoutGo })).toThrow('tool-missing');
  });
});
