import type { CacheGc, CacheStatus, CacheVerify } from '../model/cache.ts';
import { plural } from './text.ts';

/** Bytes as a person says them, in powers of ten: `512 bytes`, `9.7 MB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return plural(bytes, 'byte');
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
  ] as const) {
    if (bytes >= size * 0.9995) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${(bytes / 1000).toFixed(1)} kB`;
};

const row = (name: string, diskBytes: number, entries: number): string =>
  `  ${name.padEnd(11)}  ${formatBytes(diskBytes).padStart(9)}  ${plural(entries, 'entry', 'entries')}\n`;

/** What the store takes on the disk, part by part. */
export const formatCacheStatus = (status: CacheStatus): string => {
  const parts = Object.entries(status.parts);
  const kinds = status.steps.map(({ kind, diskBytes, entries }) => row(`  ${kind}`, diskBytes, entries)).join('');
  return [
    `Store ${status.store}\n`,
    ...parts.map(([name, { diskBytes, entries }]) => row(name, diskBytes, entries) + (name === 'steps' ? kinds : '')),
    `${formatBytes(status.diskBytes)} in all\n`,
  ].join('');
};

/** What was hashed; what is damaged is told by the failures that follow. */
export const formatCacheVerify = (verify: CacheVerify): string =>
  `${plural(verify.downloads, 'download')} and ${plural(verify.steps, 'finished step')} hashed (${formatBytes(verify.hashedBytes)}): ` +
  `${verify.damaged.length === 0 ? 'all whole' : `${plural(verify.damaged.length, 'entry', 'entries')} damaged, and taken out`}\n`;

/** What was removed, what was left because it is in use, and what that freed. */
export const formatCacheGc = (gc: CacheGc): string =>
  [
    ...gc.removed.map(({ path, what, freedBytes }) => `removed  ${path}: ${what}, ${formatBytes(freedBytes)}\n`),
    ...gc.kept.map(({ path, why }) => `kept     ${path}: ${why}\n`),
    gc.removed.length === 0
      ? 'nothing to remove\n'
      : `${plural(gc.removed.length, 'entry', 'entries')} removed, ${formatBytes(gc.freedBytes)} freed\n`,
  ].join('');
