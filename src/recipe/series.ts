import type { Series } from '../model/catalogue.ts';
import { compareVersions } from '../model/version.ts';

/** A series that a CPython can be built by. */
export interface SeriesChoice {
  readonly series: Series;
  /** The series whose data it is, where the catalogue does not have this one: the newest one below. */
  readonly seriesDataOf?: string;
}

/**
 * How a CPython version is configured: as its series is, or, where the catalogue does not have that (a checkout of main),
 * as the newest one below. Nothing for a series that is older than all, or for what is no version.
 */
export const chooseSeries = (version: string, known: readonly Series[]): SeriesChoice | undefined => {
  const name = /^\d+\.\d+(?=$|[.a-z+])/.exec(version)?.[0];
  if (name === undefined) return undefined;
  const own = known.find(({ series }) => series === name);
  if (own !== undefined) return { series: own };
  const below = [...known]
    .sort((a, b) => compareVersions(a.series, b.series))
    .findLast(({ series }) => compareVersions(series, name) < 0);
  return below === undefined ? undefined : { series: { ...below, series: name }, seriesDataOf: below.series };
};
