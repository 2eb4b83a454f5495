import type { PinReport } from '../model/pin.ts';
import { formatBytes } from './cache.ts';
import { plural } from './text.ts';

const changes = {
  added: 'added to the catalogue',
  changed: 'changed in the catalogue',
  none: 'in the catalogue already, as it is',
} as const;

/** What was pinned, and which origins gave the bytes. */
export const formatPin = (report: PinReport): string => {
  const { entry, origins, roster } = report;
  const name = `${report.subject === 'cpython' ? 'CPython' : 'AWS-LC'} ${entry.version}`;
  const { archive } = entry;
  return [
    `${name}: ${changes[report.change]}\n`,
    `  ${archive.file}, ${formatBytes(archive.sizeBytes)}, sha256 ${archive.sha256}\n`,
    `  source tree ${archive.root}\n`,
    ...('capabilities' in entry
      ? [`  ${entry.line}, ${plural(entry.capabilities.hashes.length, 'hash', 'hashes')}\n`]
      : []),
    ...origins.map(
      ({ origin, gave, reason }) =>
        `  ${origin}: ${gave ? 'gave these bytes' : `gave nothing here: ${reason ?? ''}`}\n`,
    ),
    ...(report.subject === 'awslc'
      ? []
      : roster === undefined
        ? [`  its roster: cpython-awslc pin cpython ${entry.version} --roster\n`]
        : [`  its roster: ${roster}\n`]),
  ].join('');
};
