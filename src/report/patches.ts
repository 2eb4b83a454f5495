import type { Failure } from '../model/failure.ts';
import type { PatchCheck, PatchReport } from '../model/patch-check.ts';

const words: Readonly<Record<PatchCheck['state'], string>> = {
  applies: 'applies',
  offset: 'applies at other lines',
  fuzz: 'does not apply without fuzz',
  rejected: 'rejected',
  'not-fetched': 'not tried',
};

const detail = ({ state, hunks, why }: PatchCheck): string => {
  if (state === 'not-fetched') return `: the source could not be fetched (${why ?? 'no reason given'})`;
  const special = hunks.filter(({ offsetLines, fuzz, rejected }) => offsetLines !== 0 || fuzz > 0 || rejected);
  if (special.length === 0) return ` (${hunks.length} hunks)`;
  const told = special.map(({ number, offsetLines, fuzz, rejected }) =>
    rejected
      ? `#${number} rejected`
      : `#${number} ${offsetLines > 0 ? '+' : ''}${offsetLines}${fuzz > 0 ? ` fuzz ${fuzz}` : ''}`,
  );
  return `: ${told.join(', ')}`;
};

/** How every patch fits every version, a line each. */
export const formatPatchReport = ({ checks, untried }: PatchReport): string =>
  [
    ...checks.map(
      (check) =>
        `CPython ${check.python}  ${check.patch}  ${words[check.state]}${detail(check)}${check.inRange ? '' : ' [out of its range]'}`,
    ),
    ...untried.map((series) => `CPython ${series}  not tried: the catalogue has no version of this series`),
    '',
  ].join('\n');

/** The failure when a patch does not fit a version that it is said to be for. */
export const patchFailure = ({ checks }: PatchReport): Failure | undefined => {
  const bad = checks.filter(({ state, inRange }) => inRange && (state === 'rejected' || state === 'fuzz'));
  if (bad.length === 0) return undefined;
  return { code: 'patch-misfit', misfits: bad.map(({ python, patch }) => `patches/${patch} on CPython ${python}`) };
};
