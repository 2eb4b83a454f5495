import type { Failure } from '../model/failure.ts';
import type { CheckedManifest, ManifestCheck } from '../model/manifest-check.ts';
import { formatCount, paint, plural, printable, type TextOptions } from './text.ts';

/** How many ids a line names; `--json` has all. */
const namedAtMost = 5;

const formatNotJudged = (notJudged: CheckedManifest['notJudged'], options: TextOptions): readonly string[] =>
  [...new Set(notJudged.map(({ why }) => why))].map((reason) => {
    const ids = notJudged.filter(({ why }) => why === reason).map(({ id }) => printable(id, options));
    const more = ids.length > namedAtMost ? ` and ${ids.length - namedAtMost} more (--json names all)` : '';
    return `  not judged, ${reason}: ${ids.slice(0, namedAtMost).join(', ')}${more}`;
  });

const formatManifest = (manifest: CheckedManifest, options: TextOptions): string => {
  const { file, cells, entries, used, findings, notJudged } = manifest;
  const head = `${file}: ${formatCount(used)} of ${plural(entries, 'entry', 'entries')} used, by ${plural(cells.length, 'cell')}`;
  return [
    paint(head, findings.length > 0 ? 'red' : 'green', options),
    ...cells.map((cell) => `  ran   ${cell}`),
    ...findings.map(
      ({ kind, path, id, message }) =>
        `  ${paint(kind, 'red', options)}  ${path}  ${printable(id, options)}\n      ${printable(message, options)}`,
    ),
    ...formatNotJudged(notJudged, options),
  ].join('\n');
};

/** What a check found, by file: what is wrong, what no run told of, and which cells ran. */
export const formatManifestCheck = (check: ManifestCheck, options: TextOptions): string =>
  [
    ...check.manifests.map((manifest) => formatManifest(manifest, options)),
    ...check.notes.map((note) => `note: ${printable(note, options)}`),
    `${plural(check.runs, 'run record')} read`,
  ]
    .map((part) => `${part}\n`)
    .join('');

/** The failure that a check ends with; undefined when nothing was found. */
export const manifestCheckFailure = (check: ManifestCheck): Failure | undefined => {
  const found = check.manifests.flatMap(({ file, findings }) =>
    findings.map(({ kind, path, id, message }) => `${kind} ${file} ${path} (${id}): ${message}`),
  );
  return found.length === 0 ? undefined : { code: 'manifest-findings', count: found.length, first: found.slice(0, 10) };
};
