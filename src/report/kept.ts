import type { KeptFacts } from '../model/kept.ts';
import { plural } from './text.ts';

/**
 * How AWS-LC of a checkout was compiled, in a line: who reads a result must not take a build that went on from another for
 * a clean one.
 */
export const describeKept = ({ incremental, since, changedFiles }: KeptFacts): string => {
  if (!incremental) return 'AWS-LC compiled clean, as the first in the build tree that is kept for its directory';
  const begun = since === undefined ? '' : `, on from a build of ${since}`;
  const differed = changedFiles === undefined ? '' : ` (${plural(changedFiles, 'file')} differed)`;
  return `AWS-LC compiled incrementally${begun}${differed}; --clean compiles all of it`;
};
