import type { Manifest } from '../model/manifest.ts';
import type { Facts } from './conditions.ts';
import { evaluateWhen } from './conditions.ts';
import { compilePattern } from './patterns.ts';

/** The cases that a manifest expects never to end here: each must run alone, and be ended. */
export const selectHangs = (
  manifest: Manifest | undefined,
  facts: Facts,
  ids: readonly string[],
): ReadonlySet<string> => {
  const patterns = (manifest?.entries ?? [])
    .filter(({ expect, when }) => expect === 'hang' && evaluateWhen(when, facts))
    .map(({ id }) => compilePattern(id));
  return new Set(ids.filter((id) => patterns.some((matches) => matches(id))));
};
