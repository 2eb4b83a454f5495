import type { PatchCheck } from '../model/patch-check.ts';

/** Reads what `patch --verbose` says of its hunks (GNU patch, C locale). */
export const readHunks = (output: string): PatchCheck['hunks'] =>
  [
    ...output.matchAll(
      /^Hunk #(\d+) (succeeded|FAILED) at (\d+)(?: with fuzz (\d+))?(?: \(offset (-?\d+) lines?\))?/gm,
    ),
  ].map(([, number, word, line, fuzz, offset]) => ({
    number: Number(number),
    line: Number(line),
    offsetLines: Number(offset ?? 0),
    fuzz: Number(fuzz ?? 0),
    rejected: word === 'FAILED',
  }));

/** The worst that happened to a patch's hunks; a patch of which nothing was said was rejected whole. */
export const judgeHunks = (hunks: PatchCheck['hunks']): PatchCheck['state'] => {
  if (hunks.length === 0 || hunks.some(({ rejected }) => rejected)) return 'rejected';
  if (hunks.some(({ fuzz }) => fuzz > 0)) return 'fuzz';
  return hunks.some(({ offsetLines }) => offsetLines !== 0) ? 'offset' : 'applies';
};

/** The files that a patch changes, below the source tree. */
export const patchedFiles = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/^\+\+\+ b\/(\S+)/gm)].map(([, file]) => file ?? '')),
];
