import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { machine } from 'node:os';
import { dirname } from 'node:path';
import { askProgram } from '../io/host-ask.ts';
import { readToolchainKnowledge } from '../io/host-knowledge.ts';
import { findRuntime, readHost } from '../io/host.ts';
import { readCpu } from '../io/host-machine.ts';
import { probeUrl } from '../io/host-origins.ts';
import { hasAptRepository, hasPackageLists } from '../io/packages.ts';
import { lineSchema, type Line } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import type { Host } from '../model/host.ts';
import type { CrossKnowledge, ToolchainKnowledge } from '../model/knowledge.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { findMissing, type Missing } from '../plan/toolchain.ts';
import { sysrootDir } from '../run/adopt-sysroot.ts';
import { loadTargets } from '../run/data.ts';
import { nameStore } from '../run/store.ts';
import type { CacheOptions } from './cache-options.ts';
import type { CommandContext } from './context.ts';
import { readCacheState, readSharedStore, type CacheState, type SharedStore } from './doctor-store.ts';
import { locateStore } from './settings.ts';

const probeTimeoutMs = 4000;

/** What a test may put in place of the machine's own. */
export interface DoctorSetting {
  /** recipes/knowledge/toolchain.json unless given. */
  readonly knowledge?: ToolchainKnowledge;
  /** Where /proc, /etc and /var are; `/` unless given. */
  readonly root?: string;
  /** Effective user; the process's own unless given. */
  readonly userId?: number;
  /** Milliseconds since 1970; the clock unless given. */
  readonly nowMs?: number;
}

/** An origin and whether it can serve what it is for. */
export interface OriginState {
  readonly subject: 'CPython' | 'AWS-LC';
  readonly name: string;
  readonly usable: boolean;
  readonly reason: string;
}

/** The toolchain's part of the facts: what every build needs to know. */
export interface ToolchainFacts {
  readonly host: Host;
  readonly knowledge: ToolchainKnowledge;
  readonly missing: readonly Missing[];
  /** Whether the package manager knows what it could install. */
  readonly packageLists: boolean;
  /** AWS-LC lines that must be buildable: `main`, and FIPS lines when they were asked for. */
  readonly lines: readonly Line[];
  /** What is known of the machine that is to be built for, when it is another than this one. */
  readonly cross?: CrossKnowledge;
}

/** The FIPS lines that `--fips` means: all, or that of a year. */
export const readFipsLines = (fips: string | boolean | undefined): Result<readonly Line[]> => {
  if (fips === undefined || fips === false) return ok([]);
  const all = lineSchema.options.filter((line) => line !== 'main');
  const chosen = fips === true ? all : all.filter((line) => line === `fips-${fips}`);
  return chosen.length > 0
    ? ok(chosen)
    : fail({
        code: 'usage',
        message: `--fips ${String(fips)}: not one of ${all.map((line) => line.slice('fips-'.length)).join(', ')}.`,
      });
};

/** What only a FIPS module needs is needed, when one is asked for. */
const requireFips = (knowledge: ToolchainKnowledge): ToolchainKnowledge => ({
  ...knowledge,
  tools: knowledge.tools.map((tool) => (tool.need === 'fips' ? { ...tool, need: 'required' } : tool)),
});

/** What a build for a target's machine needs beside, when that is another than this one. */
export const readCross = async (
  target: string | undefined,
  knowledge: ToolchainKnowledge,
): Promise<Result<CrossKnowledge | undefined>> => {
  if (target === undefined) return ok(undefined);
  const targets = await loadTargets();
  if (!targets.ok) return targets;
  const found = targets.value.targets.find(({ name }) => name === target);
  if (found === undefined) {
    const known = targets.value.targets.map(({ name }) => name).join(', ');
    return fail({ code: 'usage', message: `--target ${target}: no such target; known: ${known}.` });
  }
  if (found.arch.length === 0 || found.arch.includes(machine())) return ok(undefined);
  const cross = knowledge.cross.find(({ arch }) => found.arch.includes(arch));
  if (cross !== undefined) return ok(cross);
  return fail({
    code: 'unsupported',
    what: `A build for ${target} on this machine`,
    why: `how to build for ${found.arch.join(', ')} on ${machine()} is not known`,
    next: 'Build it on a machine of that kind.',
  });
};

/** Everything that doctor judges. */
export interface DoctorFacts extends ToolchainFacts {
  readonly cpuFeatures: readonly string[];
  readonly origins: readonly OriginState[] | 'not asked';
  readonly disk: { readonly path: string; readonly freeBytes: number } | undefined;
  readonly utf8: boolean;
  /** Whether the other machine's libraries are in their usual place; true when none are needed. */
  readonly sysroot: boolean;
  /** A remote cache, when one is named. */
  readonly cache: CacheState | undefined;
  /** The store's file system, when machines can share it. */
  readonly sharedStore: SharedStore | undefined;
  readonly nowMs: number;
}

/** Reads the toolchain's facts. Failures: `usage`, `file-invalid`, `unsupported`, `interrupted`. */
export const readToolchainFacts = async (
  context: CommandContext,
  setting: DoctorSetting,
  fips?: string | boolean,
  target?: string,
): Promise<Result<ToolchainFacts>> => {
  const fipsLines = readFipsLines(fips);
  if (!fipsLines.ok) return fipsLines;
  const known = setting.knowledge === undefined ? await readToolchainKnowledge() : ok(setting.knowledge);
  if (!known.ok) return known;
  const cross = await readCross(target, known.value);
  if (!cross.ok) return cross;
  const lines = fipsLines.value.length === 0 ? known.value : requireFips(known.value);
  const knowledge = ok({ ...lines, tools: [...lines.tools, ...(cross.value?.tools ?? [])] });
  const root = setting.root ?? '/';
  const host = await readHost({ env: context.env, signal: context.signal, knowledge: knowledge.value, root });
  if (!host.ok) return host;
  const { packageFamily } = host.value;
  return ok({
    host: host.value,
    knowledge: knowledge.value,
    missing: findMissing(host.value, knowledge.value, findRuntime(knowledge.value, root)),
    packageLists: packageFamily !== undefined && hasPackageLists(packageFamily, root),
    lines: ['main', ...fipsLines.value],
    ...(cross.value === undefined ? {} : { cross: cross.value }),
  });
};

/** Asks each origin of the knowledge whether it could serve; https ones all at once, with a timeout. */
export const readOrigins = async (facts: ToolchainFacts, context: CommandContext): Promise<readonly OriginState[]> =>
  Promise.all(
    facts.knowledge.origins.map(async ({ subject, kind, url }): Promise<OriginState> => {
      switch (kind) {
        case 'https': {
          if (url === undefined) return { subject, name: 'https', usable: false, reason: 'no address is known' };
          const { env, signal } = context;
          const reach = await probeUrl(url, { env, signal, timeoutMs: probeTimeoutMs });
          return { subject, name: `https ${new URL(url).hostname}`, usable: reach.reachable, reason: reach.reason };
        }
        case 'debian': {
          const usable =
            facts.host.packageFamily === 'apt' && facts.packageLists && (await hasAptRepository({ env: context.env }));
          const reason =
            facts.host.packageFamily === 'apt' ? 'apt has no package lists of a repository' : 'this machine has no apt';
          return { subject, name: 'debian (apt)', usable, reason: usable ? '' : reason };
        }
        case 'crate': {
          const cargo = facts.missing.find((missing) => missing.name === 'cargo');
          const reason =
            cargo === undefined
              ? ''
              : cargo.found === undefined
                ? 'there is no cargo'
                : `${cargo.found} is older than ${cargo.minimum ?? 'needed'}`;
          return { subject, name: 'crate (cargo)', usable: cargo === undefined, reason };
        }
      }
    }),
  );

/** Free space for ordinary users where the store is, or where it would be made. */
const readDisk = async (store: string): Promise<DoctorFacts['disk']> => {
  for (let at = store; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return { path: at, freeBytes: bavail * bsize };
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
};

/** Whether programs can be given a UTF-8 locale. musl knows no other. */
const readUtf8 = async (libc: Host['platform']['libc'], context: CommandContext): Promise<boolean> => {
  if (libc === 'musl') return true;
  const answer = await askProgram(['locale', '-a'], { env: context.env, signal: context.signal });
  return /utf-?8/i.test(answer?.stdout ?? '');
};

/** Reads everything that doctor judges. Failures as `readToolchainFacts`, and all that is wrong with a cache's options. */
export const readDoctorFacts = async (
  options: CacheOptions & {
    readonly store?: string;
    readonly fips?: string | boolean;
    readonly target?: string;
  },
  context: CommandContext,
  setting: DoctorSetting,
): Promise<Result<DoctorFacts, readonly Failure[]>> => {
  const facts = await readToolchainFacts(context, setting, options.fips, options.target);
  if (!facts.ok) return fail([facts.error]);
  const store = locateStore(options.store, context);
  const cache = await readCacheState(options, context);
  if (!cache.ok) return cache;
  const [origins, disk, utf8, sharedStore] = await Promise.all([
    options.offline === true ? ('not asked' as const) : readOrigins(facts.value, context),
    readDisk(store),
    readUtf8(facts.value.host.platform.libc, context),
    readSharedStore(store, setting.root),
  ]);
  const { cross } = facts.value;
  const sysroot = cross === undefined || existsSync(sysrootDir(nameStore(store), cross.triple));
  const cpuFeatures = readCpu(setting.root).features;
  const nowMs = setting.nowMs ?? Date.now();
  return ok({ ...facts.value, cpuFeatures, origins, disk, utf8, sysroot, cache: cache.value, sharedStore, nowMs });
};
