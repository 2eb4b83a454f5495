import type { StepKind } from '../model/plan.ts';
import { build } from '../steps/build.ts';
import type { StepFunction } from '../steps/context.ts';
import { probe } from '../steps/probe.ts';
import { prove } from '../steps/prove.ts';

// Clients of networks and archives cost every run that needs neither 80 ms and 10 MB.
const fetchStep: StepFunction = async (step, context) =>
  step.actions.some((action) => action.do === 'fetch-wheels')
    ? (await import('../steps/wheels.ts')).fetchWheels(step, context)
    : (await import('../steps/fetch.ts')).fetchStep(step, context);
const unpackStep: StepFunction = async (step, context) =>
  (await import('../steps/unpack.ts')).unpackStep(step, context);

const unsupported: StepFunction = (step) => {
  throw new Error(`no step of kind ${step.kind} is planned here`);
};

/** The function of every kind of step that needs nothing but the step; `test` needs a run's expectations. */
export const stepFunctions: Readonly<Record<StepKind, StepFunction>> = {
  fetch: fetchStep,
  unpack: unpackStep,
  probe,
  configure: build,
  compile: build,
  modules: build,
  install: build,
  prove,
  test: unsupported,
  patch: build,
  pack: unsupported,
};
