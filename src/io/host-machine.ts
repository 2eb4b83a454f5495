import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** What the kernel says of the processor. */
export interface Cpu {
  /** Model name; on Arm the implementer and part numbers. */
  readonly model: string;
  /** Feature flags as /proc/cpuinfo spells them, sorted. */
  readonly features: readonly string[];
  /** sha256 of the features, one a line. */
  readonly featuresDigest: string;
}

/** What a control group leaves of the machine. */
export interface CgroupLimits {
  /** Processors by quota; may be a fraction. */
  readonly cores?: number;
  readonly memoryBytes?: number;
}

/** What /etc/os-release says. */
export interface OsRelease {
  readonly prettyName: string;
  /** ID and every ID_LIKE, in order. */
  readonly ids: readonly string[];
}

// /proc, /sys and /etc are small and in memory; reading them one after another costs less than a turn of the loop each.
const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Reads /proc/cpuinfo below `root`. Of several processors the first one speaks for all. */
export const readCpu = (root = '/'): Cpu => {
  const [first = ''] = (readText(join(root, 'proc/cpuinfo')) ?? '').split('\n\n');
  const fields = new Map(
    first.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
    }),
  );
  const implementer = fields.get('CPU implementer');
  const model =
    fields.get('model name') ??
    (implementer === undefined
      ? 'unknown'
      : `implementer ${implementer} part ${fields.get('CPU part') ?? '?'} variant ${fields.get('CPU variant') ?? '?'}`);
  const features = (fields.get('flags') ?? fields.get('Features') ?? '').split(/\s+/).filter((flag) => flag !== '');
  features.sort();
  return { model, features, featuresDigest: createHash('sha256').update(features.join('\n')).digest('hex') };
};

/** The machine's type as its firmware says it (`c6i.metal`, `Standard PC`), read below `root`; virtual machines may hide it. */
export const readHardware = (root = '/'): string | undefined => {
  const name = readText(join(root, 'sys/class/dmi/id/product_name'))?.trim();
  return name === undefined || name === '' ? undefined : name;
};

/** A control group's directory and those above it up to the mount: each may set a limit. */
const upwards = (mount: string, path: string): readonly string[] => {
  const directories: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    directories.push(join(mount, at));
    if (at === '/' || at === '.') return directories;
  }
};

const smallest = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value) && value > 0);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** Reads the limits of this process's control groups, version 2 and version 1, below `root`. */
export const readCgroupLimits = (root = '/'): CgroupLimits => {
  const cores: (number | undefined)[] = [];
  const memory: (number | undefined)[] = [];
  const numberIn = (file: string): number | undefined => {
    const text = readText(file)?.trim();
    return text === undefined || text === '' || text === 'max' ? undefined : Number(text);
  };
  for (const line of (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') {
      for (const directory of upwards(join(root, 'sys/fs/cgroup'), path)) {
        const [quota, period] = (readText(join(directory, 'cpu.max')) ?? '').trim().split(' ');
        if (quota !== undefined && quota !== 'max' && period !== undefined) cores.push(Number(quota) / Number(period));
        memory.push(numberIn(join(directory, 'memory.max')));
      }
    }
    if (controllers.split(',').includes('cpu')) {
      for (const directory of upwards(join(root, 'sys/fs/cgroup', controllers), path)) {
        const quota = numberIn(join(directory, 'cpu.cfs_quota_us'));
        const period = numberIn(join(directory, 'cpu.cfs_period_us'));
        if (quota !== undefined && period !== undefined && quota > 0) cores.push(quota / period);
      }
    }
    if (controllers.split(',').includes('memory')) {
      for (const directory of upwards(join(root, 'sys/fs/cgroup/memory'), path)) {
        memory.push(numberIn(join(directory, 'memory.limit_in_bytes')));
      }
    }
  }
  const limitCores = smallest(cores);
  const limitMemory = smallest(memory);
  return {
    ...(limitCores === undefined ? {} : { cores: limitCores }),
    ...(limitMemory === undefined ? {} : { memoryBytes: limitMemory }),
  };
};

/** How many processors this process may keep busy: affinity and control group quota, a fraction rounded up; at least 1. */
export const usableCores = (root = '/'): number =>
  Math.max(1, Math.min(availableParallelism(), Math.ceil(readCgroupLimits(root).cores ?? Infinity)));

/** How many bytes of memory this process may use: the machine's, or less by control group. */
export const usableMemoryBytes = (root = '/'): number =>
  Math.min(totalmem(), readCgroupLimits(root).memoryBytes ?? Infinity);

/** Reads /etc/os-release (or /usr/lib/os-release) below `root`. */
export const readOsRelease = (root = '/'): OsRelease => {
  const text = readText(join(root, 'etc/os-release')) ?? readText(join(root, 'usr/lib/os-release')) ?? '';
  const value = (name: string): string =>
    (new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2');
  return {
    prettyName: value('PRETTY_NAME') || 'unknown',
    ids: [value('ID'), ...value('ID_LIKE').split(/\s+/)].filter((id) => id !== ''),
  };
};
