import type { BisectAnswer, BisectProbe } from '../model/bisect.ts';
import type { Failure } from '../model/failure.ts';
import { ok, type Result } from '../model/result.ts';
import { decideNext, type SearchStep, type Standing } from '../plan/bisect.ts';
import { isSameAnswer } from '../verdict/bisect.ts';
import type { Asked, Candidate } from './bisect-ask.ts';

/** Which end of the range a candidate is. */
export type End = 'first' | 'last';

/** What a search tells while it goes on. */
export interface SearchNews {
  /** Before a candidate is asked: an end, or the one in the middle with what is left to do. */
  readonly asking: (candidate: Candidate, why: End | Extract<SearchStep, { do: 'ask' }>) => void;
  readonly asked: (probe: BisectProbe) => void;
}

export interface SearchInput {
  /** From the first end to the last, both included: two at least. */
  readonly candidates: readonly Candidate[];
  readonly ask: (candidate: Candidate) => Promise<Result<Asked, readonly Failure[]>>;
  /** An answer in words, for the failure that says that both ends give it. */
  readonly describe: (answer: BisectAnswer) => string;
  readonly news: SearchNews;
}

/** How far a search came. */
export interface Search {
  /** In the order of the range. */
  readonly probes: readonly BisectProbe[];
  readonly end?: Extract<SearchStep, { do: 'end' }>;
  readonly failures: readonly Failure[];
}

/** Looks for the first candidate that answers otherwise than the first end. The ends are asked first: they must differ. */
export const searchChange = async (input: SearchInput): Promise<Search> => {
  const { candidates, news } = input;
  const probes = new Map<number, BisectProbe>();
  const stop = (failures: readonly Failure[], end?: Search['end']): Search => ({
    probes: [...probes].sort(([a], [b]) => a - b).map(([, probe]) => probe),
    ...(end === undefined ? {} : { end }),
    failures,
  });
  let answerBefore: BisectAnswer | undefined;
  const ask = async (
    index: number,
    why: End | Extract<SearchStep, { do: 'ask' }>,
  ): Promise<Result<BisectProbe, readonly Failure[]>> => {
    const candidate = candidates[index];
    if (candidate === undefined) throw new Error(`there is no candidate ${index}`);
    news.asking(candidate, why);
    const asked = await input.ask(candidate);
    if (!asked.ok) return asked;
    const { answer } = asked.value;
    const before = (answerBefore ??= answer);
    const standing: Standing =
      answer === undefined || before === undefined ? 'skipped' : isSameAnswer(before, answer) ? 'same' : 'changed';
    const probe: BisectProbe = { ...asked.value, standing };
    probes.set(index, probe);
    news.asked(probe);
    return ok(probe);
  };
  const ends: BisectProbe[] = [];
  for (const [index, end] of [
    [0, 'first'],
    [candidates.length - 1, 'last'],
  ] as const) {
    const asked = await ask(index, end);
    if (!asked.ok) return stop(asked.error);
    const { candidate, skipped } = asked.value;
    if (skipped !== undefined) {
      return stop([{ code: 'bisect-end-skipped', candidate, reason: skipped }]);
    }
    ends.push(asked.value);
  }
  const [first, last] = ends;
  if (first?.answer !== undefined && last?.answer !== undefined && last.standing === 'same') {
    const told = [first, last].map(({ candidate, answer, run }) => ({
      candidate,
      answer: answer === undefined ? '' : input.describe(answer),
      run: run?.id ?? '',
    }));
    return stop([{ code: 'bisect-ends-agree', ends: told }]);
  }
  for (;;) {
    const known = new Map([...probes].map(([index, { standing }]) => [index, standing]));
    const next = decideNext(candidates.length, known);
    if (next.do === 'end') {
      if (next.outcome === 'found') return stop([], next);
      const suspects = next.suspects.map((index) => candidates[index]?.id ?? '');
      return stop([{ code: 'bisect-ambiguous', suspects }], next);
    }
    const asked = await ask(next.index, next);
    if (!asked.ok) return stop(asked.error);
  }
};
