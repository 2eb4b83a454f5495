import { expect, it } from 'vitest';
import type { Series } from '../../../src/model/catalogue.ts';
import { chooseSeries } from '../../../src/recipe/series.ts';

const known = ['3.15', '3.9', '3.14'].map((series): Series => ({
  series,
  pha: series === '3.9' ? 'patch' : 'native',
  answers: [],
  builtinHashes: {},
}));

it.each([
  ['3.14.6', '3.14', undefined, 'native'],
  ['3.14.6+', '3.14', undefined, 'native'],
  ['3.15.0rc1', '3.15', undefined, 'native'],
  // Main, and a series between two that are known.
  ['3.16.0a2+', '3.16', '3.15', 'native'],
  ['3.10.4', '3.10', '3.9', 'patch'],
  ['4.0.0a0', '4.0', '3.15', 'native'],
])('CPython %s is built as series %s with the data of %s', (version, series, dataOf, pha) => {
  const choice = chooseSeries(version, known);
  expect([choice?.series.series, choice?.seriesDataOf, choice?.series.pha]).toEqual([series, dataOf, pha]);
});

it.each(['3.8.20', '2.7.18', 'main', '3', ''])('%j has none', (version) => {
  expect(chooseSeries(version, known)).toBeUndefined();
});
