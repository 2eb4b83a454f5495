import type { BisectDocument, BisectQuestion } from '../model/bisect.ts';
import type { AskedRange } from '../recipe/range.ts';
import { describeAnswer, describeQuestion, nameCandidate } from '../report/bisect.ts';
import { plural, stripControls } from '../report/text.ts';
import type { Candidate } from '../run/bisect-ask.ts';
import type { Search, SearchNews } from '../run/bisect.ts';
import type { Candidates } from './bisect-candidates.ts';
import type { CommandContext } from './context.ts';

/** Says what is in a range, and what is asked of it. */
export const tellRange = (
  question: BisectQuestion,
  python: string,
  { candidates, lines }: Candidates,
  context: CommandContext,
): void => {
  const [first, last] = [candidates[0], candidates.at(-1)].map((end) => (end === undefined ? '' : nameOf(end)));
  const what =
    lines.length === 0
      ? `${plural(candidates.length, 'commit')} along first parents`
      : `${plural(candidates.length, 'version')} of ${lines.join(', ')}`;
  context.err(`bisect: ${describeQuestion(question)}, CPython ${python}\n`);
  context.err(`bisect: from ${first} to ${last}: ${what}\n`);
};

const nameOf = ({ id, title }: Candidate): string =>
  nameCandidate({ candidate: id, ...(title === undefined ? {} : { title }) });

/** Tells on standard error which candidate is asked, how much is left, and what each one answers. */
export const tellNews = (context: CommandContext): SearchNews => ({
  asking: (candidate, why) => {
    const left =
      typeof why === 'string'
        ? `the ${why} of the range`
        : `${plural(why.open, 'candidate')} in question, about ${plural(why.stepsLeft, 'step')} left`;
    context.err(`bisect: asking ${nameOf(candidate)}: ${left}\n`);
  },
  asked: (probe) => {
    const said = probe.answer === undefined ? (probe.skipped ?? '') : describeAnswer(probe.answer);
    const record = probe.run === undefined ? '' : ` (run ${probe.run.id})`;
    context.err(`bisect: ${nameCandidate(probe)}: ${probe.standing}: ${stripControls(said)}${record}\n`);
  },
});

/** A search as the document that every report is drawn from. */
export const makeDocument = (
  question: BisectQuestion,
  python: string,
  asked: AskedRange,
  { candidates, lines }: Candidates,
  { end, probes, failures }: Search,
): BisectDocument => {
  const idOf = (index: number): string => candidates[index]?.id ?? '';
  const isGit = asked.repository !== undefined;
  return {
    version: 1,
    kind: 'bisect',
    question,
    python,
    range: {
      of: isGit ? 'git' : 'catalogue',
      first: isGit ? asked.first : idOf(0),
      last: isGit ? asked.last : idOf(candidates.length - 1),
      candidates: candidates.length,
      lines: [...lines],
    },
    outcome: end?.outcome ?? 'unfinished',
    ...(end === undefined ? {} : { last: idOf(end.last), first: idOf(end.first) }),
    suspects: end?.outcome === 'ambiguous' ? end.suspects.map(idOf) : [],
    probes: [...probes],
    failures: [...failures],
  };
};
