import type { BisectQuestion } from '../model/bisect.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { suggestWord } from '../model/suggest.ts';
import type { Stage } from '../plan/plan.ts';
import { loadRoster } from '../run/data.ts';
import type { Prepared } from '../run/prepare.ts';
import { listClaims } from '../steps/prove.ts';
import { findCaseFile, findUnknownCase, nameCapability, toMatch } from '../verdict/bisect.ts';
import type { SelectionOptions } from './selection.ts';

/** The options that say what is asked. */
export interface QuestionOptions {
  readonly case?: readonly string[];
  readonly claim?: string;
  readonly capability?: string;
}

/** How far a plan is run for an answer. */
export const stageOf = {
  case: 'suites',
  claim: 'prove',
  capability: 'probe',
  expected: 'test',
} as const satisfies Record<BisectQuestion['ask'], Stage>;

/** Reads what is asked. Failure: `usage` (two questions at once, or tests that a question does not run). */
export const parseQuestion = (options: QuestionOptions & SelectionOptions): Result<BisectQuestion> => {
  const { case: patterns, claim, capability } = options;
  const asked = [
    ...(patterns === undefined ? [] : ['--case']),
    ...(claim === undefined ? [] : ['--claim']),
    ...(capability === undefined ? [] : ['--capability']),
  ];
  const [first] = asked;
  if (asked.length > 1) {
    return fail({
      code: 'usage',
      message: `${asked.join(' and ')}: bisect asks one question.`,
      next: 'Give one of them.',
    });
  }
  const tests = ['preset', 'tests', 'match'] as const;
  const unused = tests.filter((name) => options[name] !== undefined && (name === 'match' || patterns === undefined));
  if (first !== undefined && unused.length > 0) {
    const message = `${first} with ${unused.map((name) => `--${name}`).join(', ')}: ${patterns === undefined ? 'no suites are run for it' : 'it says which cases are run'}.`;
    return fail({ code: 'usage', message, next: 'Leave one of them out.' });
  }
  if (patterns !== undefined) return ok({ ask: 'case', patterns: [...patterns] });
  if (claim !== undefined) return ok({ ask: 'claim', name: claim });
  return ok(capability === undefined ? { ask: 'expected' } : { ask: 'capability', name: capability });
};

/** Which tests are run for a question: of a case its file and itself, unless the caller has named the files. */
export const narrowTests = (
  question: BisectQuestion,
  options: SelectionOptions,
): Pick<SelectionOptions, 'tests' | 'match'> => {
  if (question.ask !== 'case') return {};
  const files = question.patterns.map(findCaseFile);
  const isOpen = options.tests !== undefined || options.preset !== undefined || files.includes(undefined);
  return {
    match: question.patterns.map(toMatch),
    ...(isOpen ? {} : { tests: [...new Set(files.filter((file) => file !== undefined))] }),
  };
};

const unknown = (what: string, asked: string, suggestion: string | undefined, next: string): Failure => ({
  code: 'usage',
  message: `No end of the range knows a ${what} ${asked}.`,
  next: suggestion === undefined ? next : `Did you mean ${suggestion}?`,
});

/**
 * Holds a question against the plans of both ends, before anything is built: the whole name of a capability; a claim that
 * neither makes and a case that CPython's roster does not have are refused. Failures: `usage`, `file-invalid`.
 */
export const settleQuestion = async (
  question: BisectQuestion,
  ends: readonly Prepared[],
): Promise<Result<BisectQuestion>> => {
  const cells = ends.flatMap(({ plan }) => plan.cells);
  switch (question.ask) {
    case 'expected':
      return ok(question);
    case 'capability': {
      const named = nameCapability(
        question.name,
        cells.map(({ capabilities }) => capabilities),
      );
      return 'name' in named
        ? ok({ ...question, name: named.name })
        : fail(
            unknown(
              'capability',
              question.name,
              named.suggestion,
              'As function:NAME, macro:NAME, group:NAME, hash:NAME, hmac:NAME or pha.',
            ),
          );
    }
    case 'claim': {
      const claims = ends.flatMap(({ plan }) => plan.steps.filter(({ kind }) => kind === 'prove').flatMap(listClaims));
      if (claims.includes(question.name)) return ok(question);
      const next = '`cpython-awslc prove --detailed` shows every claim by its name.';
      return fail(unknown('claim', question.name, suggestWord(question.name, claims), next));
    }
    case 'case': {
      const python = cells[0]?.cell.python;
      // A roster lists what one released version starts; a working tree may have other cases.
      const roster =
        python === undefined || python.tree !== undefined ? ok(undefined) : await loadRoster(python.version);
      if (!roster.ok) return roster;
      const wrong = roster.value === undefined ? undefined : findUnknownCase(question.patterns, roster.value);
      return wrong === undefined ? ok(question) : fail(wrong);
    }
  }
};
