import { digestValue } from '../model/digest.ts';
import type { Action, Flag, Step, StepKind, Tool } from '../model/plan.ts';

/**
 * Version of what each kind of step's code does with its actions. Raised when that changes its output, so that
 * finished outputs of the old code are not taken for the new one's.
 */
const codeVersions: Readonly<Record<StepKind, number>> = {
  fetch: 1,
  unpack: 1,
  patch: 1,
  probe: 1,
  configure: 1,
  compile: 1,
  modules: 1,
  install: 1,
  prove: 1,
  test: 1,
  pack: 1,
};

export interface StepDraft {
  readonly kind: StepKind;
  /** `awslc`, `core`, `cell`. */
  readonly subject: string;
  readonly title: string;
  /** Input role to finished step. */
  readonly inputs: Readonly<Record<string, Step>>;
  readonly actions: readonly Action[];
  readonly flags?: readonly Flag[];
  readonly width?: 'one' | 'all';
  /** Shares the work path of this step, whose tools wrote absolute paths. */
  readonly worksIn?: Step;
  /** Goes on from a build tree that is kept for the checkout of this content, which is the input of this role. */
  readonly keepsFor?: { readonly role: string; readonly content: string };
  /** Everything else that can change the output: tools, packages, environment, digests of our own files. */
  readonly alsoDependsOn: unknown;
}

/** Actions that make a step faster, and its output no other. */
const isHaste = (action: Action): boolean => action.do === 'compile-cache' || action.do === 'known-answers';

/** What of an action can change the output: not its reason, not which of several origins gave bytes of one digest. */
const essence = (action: Action): unknown => {
  if (action.do === 'fetch') return { do: action.do, sha256: action.archive.sha256 };
  if (action.do === 'adopt') return { do: action.do, treeDigest: action.treeDigest };
  return { ...action, why: undefined };
};

/** The sha256 of all that can change the output of a step, but for the input of one role. */
const digestDraft = (draft: StepDraft, but?: string): string =>
  digestValue({
    schema: 1,
    kind: draft.kind,
    code: codeVersions[draft.kind],
    subject: draft.subject,
    actions: draft.actions.filter((action) => !isHaste(action)).map(essence),
    inputs: Object.fromEntries(
      Object.entries(draft.inputs).flatMap(([role, step]) => (role === but ? [] : [[role, step.fingerprint]])),
    ),
    alsoDependsOn: draft.alsoDependsOn,
  });

/**
 * Makes a step with its fingerprint: the sha256 of the kind, the code's version, the actions (commands with places,
 * never paths), the inputs' fingerprints and what else it depends on. Titles and reasons are not in it. The key of a
 * build tree that is kept is the same without the source: what differs in anything else is built in another tree.
 */
export const makeStep = (draft: StepDraft): Step => {
  const fingerprint = digestDraft(draft);
  const { keepsFor } = draft;
  return {
    id: `${draft.kind}-${draft.subject}-${fingerprint.slice(0, 12)}`,
    kind: draft.kind,
    subject: draft.subject,
    title: draft.title,
    fingerprint,
    workKey: draft.worksIn?.workKey ?? fingerprint,
    inputs: Object.fromEntries(Object.entries(draft.inputs).map(([role, step]) => [role, step.id])),
    actions: [...draft.actions],
    flags: [...(draft.flags ?? [])],
    ...(keepsFor === undefined
      ? {}
      : { keeps: { key: digestDraft(draft, keepsFor.role), sourceDigest: keepsFor.content } }),
    width: draft.width ?? 'one',
  };
};

/** The named tools of a machine, for a step's fingerprint; absent ones are said to be absent. */
export const pickTools = (tools: readonly Tool[], names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, tools.find((tool) => tool.name === name)?.version ?? 'absent']));
