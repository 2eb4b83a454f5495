import type { CellDiff } from '../model/diff.ts';
import {
  describeDiff,
  describeOutcome,
  describeSame,
  groupDifferences,
  joinAlike,
  kindTitles,
  nameCases,
} from './diff.ts';
import { describeKept } from './kept.ts';
import { escapeInline } from './markdown.ts';
import { describeCell, rerunCommand } from './verdicts.ts';

/** A CI system's summary page takes about 1 MiB: this many rows are drawn for a cell, the rest is counted. */
const maxRows = 300;

/** What differs because of AWS-LC, for a CI system's summary page: a table for each file. */
export const formatDiffMarkdown = (diff: CellDiff, options: { readonly command: string }): string => {
  const parts = [
    `## ${escapeInline(describeDiff(diff))}`,
    `${escapeInline(describeCell(diff.cell))}, compared with the same core on ${escapeInline(diff.openssl)}. ${escapeInline(describeSame(diff))}.`,
    ...(diff.kept === undefined ? [] : [`${escapeInline(describeKept(diff.kept))}.`]),
  ];
  let rows = 0;
  let left = 0;
  const tables = new Map<string, string[]>();
  for (const group of groupDifferences(diff.differences)) {
    for (const same of joinAlike(group.all)) {
      const [first] = same;
      if (first === undefined) continue;
      if (rows >= maxRows) {
        left += same.length;
        continue;
      }
      rows += 1;
      const cells = [
        kindTitles[group.kind],
        nameCases(same),
        describeOutcome(first.awslc),
        describeOutcome(first.openssl),
        first.reason ?? '',
      ];
      const row = `| ${cells.map(escapeInline).join(' | ')} |`;
      tables.set(group.file, [...(tables.get(group.file) ?? []), row]);
    }
  }
  for (const [file, lines] of tables) {
    parts.push(
      `### ${escapeInline(file)}`,
      ['| difference | case | AWS-LC | OpenSSL | manifest |', '|---|---|---|---|---|', ...lines].join('\n'),
      `again: \`${rerunCommand(options.command, file)}\``,
    );
  }
  if (left > 0) parts.push(`${left} more differences are in the JSON report.`);
  if (diff.unsteady.length > 0) {
    const unsteady = diff.unsteady.map(({ id }) => `- ${escapeInline(id)}`).join('\n');
    parts.push('### Unsteady, not counted: came out otherwise when run again alone', unsteady);
  }
  return `${parts.join('\n\n')}\n`;
};
