import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/model/plan.ts';
import { makeStep, pickTools, type StepDraft } from '../../../src/plan/step.ts';

const write: Action = { do: 'write', path: '{tree}/a', text: 'a', why: 'because' };
const draft: StepDraft = {
  kind: 'compile',
  subject: 'core',
  title: 'compile it',
  inputs: {},
  actions: [write],
  flags: [{ flag: '-O2', reason: 'fast' }],
  alsoDependsOn: { tools: { gcc: '12' } },
};
const fingerprint = (changes: Partial<StepDraft>): string => makeStep({ ...draft, ...changes }).fingerprint;
const same = fingerprint({});

describe('a step’s fingerprint', () => {
  it('does not know titles, reasons, widths, nor where bytes of one digest come from', () => {
    expect(fingerprint({ title: 'another title' })).toBe(same);
    expect(fingerprint({ flags: [{ flag: '-O2', reason: 'another' }] })).toBe(same);
    expect(fingerprint({ width: 'all' })).toBe(same);
    expect(fingerprint({ actions: [{ ...write, why: 'another' }] })).toBe(same);
    const { why, ...plain } = write;
    expect([why, fingerprint({ actions: [plain] })]).toEqual(['because', same]);
  });

  it('knows kind, subject, actions and their order, inputs by role, and what it also depends on', () => {
    const input = makeStep({ ...draft, subject: 'other' });
    const others = [
      fingerprint({ kind: 'install' }),
      fingerprint({ subject: 'awslc' }),
      fingerprint({ actions: [{ ...write, text: 'b' }] }),
      fingerprint({ actions: [write, { ...write, path: '{tree}/b' }] }),
      fingerprint({ actions: [{ ...write, path: '{tree}/b' }, write] }),
      fingerprint({ inputs: { one: input } }),
      fingerprint({ inputs: { two: input } }),
      fingerprint({ inputs: { one: makeStep({ ...draft, subject: 'third' }) } }),
      fingerprint({ alsoDependsOn: { tools: { gcc: '13' } } }),
    ];
    expect(new Set([same, ...others]).size).toBe(others.length + 1);
  });

  it('does not depend on the order of members', () => {
    expect(fingerprint({ alsoDependsOn: { a: 1, b: { c: 2, d: 3 } } })).toBe(
      fingerprint({ alsoDependsOn: { b: { d: 3, c: 2 }, a: 1 } }),
    );
  });

  it('names the step, and a work path is shared only by who asks for it', () => {
    const step = makeStep(draft);
    expect(step.id).toBe(`compile-core-${step.fingerprint.slice(0, 12)}`);
    expect(step.workKey).toBe(step.fingerprint);
    const next = makeStep({ ...draft, kind: 'install', worksIn: step });
    expect(next.workKey).toBe(step.workKey);
    expect(makeStep({ ...draft, kind: 'prove', worksIn: next }).workKey).toBe(step.workKey);
  });

  it('tells a tool that is absent from one that is there', () => {
    expect(pickTools([{ name: 'a', version: '1' }], ['a', 'b'])).toEqual({ a: '1', b: 'absent' });
  });
});
