import type { ManifestDraft } from '../model/draft.ts';
import { plural, printable } from './text.ts';

/** What a person must know of a draft that goes to standard output: how much is open, and what it leaves out. */
export const formatDraft = (draft: ManifestDraft): string => {
  const { entries } = draft.manifest;
  const head =
    entries.length === 0
      ? `Nothing to propose for ${draft.series}: ${plural(draft.cells.length, 'cell')}, every failure and skip is explained.`
      : `${plural(entries.length, 'entry', 'entries')} for recipes/manifests/${draft.series}.json from ${plural(draft.cells.length, 'cell')}; ` +
        `${plural(draft.openReasons, 'reason')} to write: an empty one is refused.`;
  return [head, ...draft.notes.map((note) => `note: ${printable(note, { color: false })}`)]
    .map((line) => `${line}\n`)
    .join('');
};
