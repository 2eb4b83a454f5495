import type { CellChoice } from '../recipe/resolve.ts';
import type { TargetFlags } from './target.ts';

const noteFips = ({ awslc, link, optimization }: CellChoice['cell'], flags: readonly string[]): readonly string[] =>
  awslc.fips
    ? [
        ...(flags.length === 0
          ? []
          : [`the target's flags (${flags.join(' ')}) are for CPython only: the FIPS module is built without any`]),
        ...(optimization === 'debug'
          ? ['optimization debug is for CPython only: the FIPS module is a Release build']
          : []),
        ...(link === 'shared'
          ? [
              "link mode shared: AWS-LC's libcrypto.so exports its symbols; with another libcrypto in front of it the module notices and ends the process",
            ]
          : []),
        'FIPS mode refuses nothing: hashlib.md5() works; what is approved is told by awslc_fips.ApprovedServices',
      ]
    : [];

/** What a plan says of a cell's optimization, FIPS module, target and series. */
export const noteCell = (
  { cell, series, seriesDataOf }: CellChoice,
  { flags, note }: TargetFlags,
): readonly string[] => [
  ...(cell.optimization === 'quick'
    ? ['optimization quick: -O2, no debug information, for developers; `--optimization release` is what to ship']
    : []),
  ...noteFips(cell, flags),
  ...(note === undefined ? [] : [note]),
  ...(seriesDataOf === undefined
    ? []
    : [
        `CPython ${series.series} is not in the catalogue: it is configured as ${seriesDataOf}, the newest series below`,
      ]),
  ...(series.pha === 'native'
    ? [
        `CPython ${series.series} leaves post-handshake authentication out by itself; OPENSSL_NO_TLS_PHA is passed for one rule in all series`,
      ]
    : []),
];
