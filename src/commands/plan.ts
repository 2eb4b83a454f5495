import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { findCriticalPath } from '../plan/critical-path.ts';
import { formatPlanScript } from '../report/plan-script.ts';
import { formatPlan } from '../report/plan-text.ts';
import type { CommandContext } from './context.ts';
import { openSelection } from './open.ts';
import type { SelectionOptions } from './selection.ts';

export interface PlanOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly format?: string;
}

/** Prints what would be done: as text, as the plan's JSON, or as a script to run by hand. */
export const runPlan = async (options: PlanOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const format = options.json === true ? 'json' : (options.format ?? 'text');
  if (!['text', 'json', 'sh'].includes(format)) {
    return [{ code: 'usage', message: `--format ${format}: not one of text, json, sh.` }];
  }
  const opened = await openSelection(options, context, 'plan');
  if (!opened.ok) return opened.error;
  const { prepared, jobs } = opened.value;
  const { plan, assets } = prepared;
  switch (format) {
    case 'json':
      context.out(prettyJson(plan));
      break;
    case 'sh':
      context.out(formatPlanScript(plan, assets));
      break;
    default: {
      // A twin's steps run only for who asks for it.
      const path = findCriticalPath(
        plan.steps.filter(({ subject }) => subject !== 'twin'),
        jobs,
      );
      context.out(formatPlan(plan, path, { color: context.terminal.color }));
    }
  }
  return [];
};
