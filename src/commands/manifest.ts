import type { Failure } from '../model/failure.ts';
import { formatSource } from '../model/json-source.ts';
import { prettyJson, type Json } from '../model/json.ts';
import { formatDraft } from '../report/draft.ts';
import { formatManifestCheck, manifestCheckFailure } from '../report/manifest-check.ts';
import { checkByRuns } from '../run/check-runs.ts';
import { draftFromRuns } from '../run/draft-runs.ts';
import { openStore } from '../run/store.ts';
import type { CommandContext } from './context.ts';
import { locateStore } from './settings.ts';

export interface ManifestDraftOptions {
  readonly json?: boolean;
  readonly store?: string;
  readonly series?: string;
  readonly reasonsFrom?: string;
}

export interface ManifestCheckOptions {
  readonly json?: boolean;
  readonly store?: string;
  readonly series?: string;
}

/**
 * Checks the manifests by every run of the store, and by the records named. Failures: `manifest-findings` (exit 2),
 * `file-invalid`, `unknown-run`, `record-invalid`, `usage`.
 */
export const runManifestCheck = async (
  runs: readonly string[],
  options: ManifestCheckOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const store = await openStore(locateStore(options.store, context));
  if (!store.ok) return [store.error];
  const checked = await checkByRuns({
    runs,
    ...(options.series === undefined ? {} : { series: options.series }),
    store: store.value,
    cwd: context.cwd,
  });
  if (!checked.ok) return [checked.error];
  const { check, failures } = checked.value;
  const found = manifestCheckFailure(check);
  const all = found === undefined ? failures : [...failures, found];
  context.out(
    options.json === true
      ? prettyJson({ ...check, failures: all })
      : formatManifestCheck(check, { color: context.terminal.color }),
  );
  return all;
};

/**
 * Proposes manifest entries from runs: the manifest on standard output, what no entry can explain on standard error.
 * Failures: `unknown-run`, `record-invalid`, `file-invalid`, `usage`.
 */
export const runManifestDraft = async (
  runs: readonly string[],
  options: ManifestDraftOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const store = await openStore(locateStore(options.store, context));
  if (!store.ok) return [store.error];
  const draft = await draftFromRuns({
    runs,
    ...(options.series === undefined ? {} : { series: options.series }),
    ...(options.reasonsFrom === undefined ? {} : { reasonsFrom: options.reasonsFrom }),
    store: store.value,
    cwd: context.cwd,
  });
  if (!draft.ok) return [draft.error];
  if (options.json === true) {
    context.out(prettyJson(draft.value));
    return [];
  }
  // The round trip leaves out what is undefined: it is plain JSON then.
  context.out(formatSource(JSON.parse(JSON.stringify(draft.value.manifest)) as Json));
  context.err(formatDraft(draft.value));
  return [];
};
