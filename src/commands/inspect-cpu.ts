import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import type { CpuDocument, CpuReport } from '../model/cpu-report.ts';
import type { CpuKnowledge, Verified } from '../model/cpu.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { Proof } from '../model/proof.ts';
import { describeCpu, type CpuFindings } from '../plan/cpu-paths.ts';
import { formatCpu, formatCpuMarkdown } from '../report/cpu.ts';
import { loadCpuKnowledge, loadVerified } from '../run/data.ts';
import type { CellSession } from '../run/session.ts';
import type { CommandContext } from './context.ts';
import { openSelection } from './open.ts';
import { runOpened } from './run-opened.ts';
import type { SelectionOptions } from './selection.ts';

/** Options of `inspect cpu`. */
export interface InspectCpuOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly rerun?: boolean;
  readonly markdown?: string;
}

/** What the proof found of the CPU: a claim's found value or a fact's. What it could not find is said as the source. */
export const readFindings = ({ claims, facts }: Proof): CpuFindings => {
  const found = (id: string): unknown => [...claims, ...facts].find((entry) => entry.id === id)?.found;
  const texts = (value: unknown): readonly string[] | null =>
    Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : null;
  const source = found('cpu-words-source');
  return {
    words: texts(found('cpu-words')),
    wordsSource: typeof source === 'string' ? source : 'the proof could not read them',
    symbols: texts(found('cpu-symbols')) ?? [],
  };
};

/** What a proved cell's AWS-LC does on this CPU; nothing for a cell without a proof, or on an architecture without rules. */
export const describeCellCpu = (
  { planned, proof }: Pick<CellSession, 'planned' | 'proof'>,
  masked: readonly string[],
  knowledge: CpuKnowledge,
  verified: Verified,
): CpuReport | undefined => {
  const architecture = knowledge.architectures.find(({ arch }) => arch === planned.cell.platform.arch);
  if (proof === undefined || architecture === undefined) return undefined;
  return describeCpu(planned.id, planned.cell, masked, readFindings(proof), architecture, verified);
};

/** Proves a selection, and says what AWS-LC sees of this CPU and which code it takes. Failures: those of `prove`. */
export const runInspectCpu = async (
  options: InspectCpuOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const knowledge = await loadCpuKnowledge();
  if (!knowledge.ok) return [knowledge.error];
  const verified = await loadVerified();
  if (!verified.ok) return [verified.error];
  const opened = await openSelection(options, context);
  if (!opened.ok) return opened.error;
  const ran = await runOpened(opened.value, 'prove', options.rerun === true, context);
  if (!ran.ok) return ran.error;
  const failures: Failure[] = [...ran.value.failures];
  const { plan } = opened.value.prepared;
  const masked = plan.mask?.names ?? [];
  const document: CpuDocument = {
    version: 1,
    kind: 'cpu',
    cells: ran.value.cells.flatMap((cell) => describeCellCpu(cell, masked, knowledge.value, verified.value) ?? []),
    caveats: [...verified.value.caveats],
    sources: [...verified.value.sources],
    failures,
  };
  if (options.markdown !== undefined) {
    const path = resolve(context.cwd, options.markdown);
    try {
      await writeFile(path, formatCpuMarkdown(document));
    } catch (error) {
      failures.push(ioFailure(error, path, 'write the report'));
    }
  }
  if (options.json === true) context.out(prettyJson(document));
  else if (document.cells.length > 0) context.out(formatCpu(document, { color: context.terminal.color }));
  return failures;
};
