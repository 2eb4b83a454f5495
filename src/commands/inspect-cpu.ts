import type { CpuDocument } from '../model/cpu-report.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { formatCpu, formatCpuMarkdown } from '../report/cpu.ts';
import { describeCpus } from './cell-cpu.ts';
import type { CommandContext } from './context.ts';
import { findForeign } from './find-foreign.ts';
import { openSelection } from './open.ts';
import { runOpened } from './run-opened.ts';
import type { SelectionOptions } from './selection.ts';
import { writeReport } from './write-report.ts';

/** Options of `inspect cpu`. */
export interface InspectCpuOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly rerun?: boolean;
  readonly markdown?: string;
}

/** Proves a selection, and says what AWS-LC sees of this CPU and which code it takes. Failures: those of `prove`. */
export const runInspectCpu = async (
  options: InspectCpuOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  // As a measurement: of a checkout's clean build.
  const opened = await openSelection({ ...options, clean: true }, context);
  if (!opened.ok) return opened.error;
  const { prepared } = opened.value;
  const foreign = findForeign(prepared, options.emulate === true);
  if (foreign !== undefined) return [foreign];
  const ran = await runOpened(opened.value, 'prove', options.rerun === true, context);
  if (!ran.ok) return ran.error;
  const failures: Failure[] = [...ran.value.failures];
  const paths = await describeCpus(ran.value.cells, prepared.plan);
  if (!paths.ok) return [...failures, paths.error];
  const document: CpuDocument = {
    version: 1,
    kind: 'cpu',
    ...paths.value,
    failures,
  };
  if (options.markdown !== undefined) {
    failures.push(...(await writeReport(options.markdown, formatCpuMarkdown(document), context.cwd)));
  }
  if (options.json === true) context.out(prettyJson(document));
  else if (document.cells.length > 0) context.out(formatCpu(document, { color: context.terminal.color }));
  return failures;
};
