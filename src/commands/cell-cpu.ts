import type { CpuPaths, CpuReport } from '../model/cpu-report.ts';
import type { CpuKnowledge, Verified } from '../model/cpu.ts';
import type { Plan } from '../model/plan.ts';
import type { Proof } from '../model/proof.ts';
import { ok, type Result } from '../model/result.ts';
import { describeCpu, type CpuFindings } from '../plan/cpu-paths.ts';
import { loadCpuKnowledge, loadVerified } from '../run/data.ts';
import type { CellSession } from '../run/session.ts';

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
const describeCellCpu = (
  { planned, proof }: Pick<CellSession, 'planned' | 'proof'>,
  { mask, platform }: Pick<Plan, 'mask' | 'platform'>,
  knowledge: CpuKnowledge,
  verified: Verified,
): CpuReport | undefined => {
  const { cell, id } = planned;
  const architecture = knowledge.architectures.find(({ arch }) => arch === cell.platform.arch);
  if (proof === undefined || architecture === undefined) return undefined;
  const run = { masked: mask?.names ?? [], emulated: cell.platform.arch !== platform.arch };
  return describeCpu(id, cell, run, readFindings(proof), architecture, verified);
};

/** What AWS-LC does on this CPU in each cell that was proved. Failure: `file-invalid` (rules, statements). */
export const describeCpus = async (
  cells: readonly Pick<CellSession, 'planned' | 'proof'>[],
  plan: Pick<Plan, 'mask' | 'platform'>,
): Promise<Result<CpuPaths>> => {
  const knowledge = await loadCpuKnowledge();
  if (!knowledge.ok) return knowledge;
  const verified = await loadVerified();
  if (!verified.ok) return verified;
  const { caveats, sources } = verified.value;
  return ok({
    cells: cells.flatMap((cell) => describeCellCpu(cell, plan, knowledge.value, verified.value) ?? []),
    caveats: [...caveats],
    sources: [...sources],
  });
};
