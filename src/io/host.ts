import { setMaxListeners } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { machine, platform as systemName, release } from 'node:os';
import type { Platform } from '../model/cell.ts';
import type { Host, PackageFamily } from '../model/host.ts';
import type { ToolchainKnowledge } from '../model/knowledge.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { askProgram, type AskOptions } from './host-ask.ts';
import { readToolchainKnowledge } from './host-knowledge.ts';
import { readCpu, readOsRelease, usableCores, usableMemoryBytes, type OsRelease } from './host-machine.ts';
import { readDevPackages, readNativeFlags, readTools } from './host-tools.ts';
import { isAborted } from './process.ts';

export { usableCores } from './host-machine.ts';

export interface HostOptions extends AskOptions {
  /** Which tools and libraries to look for; recipes/knowledge/toolchain.json unless given. */
  readonly knowledge?: ToolchainKnowledge;
  /** Whether to ask the compiler what `native` means; `nativeFlags` is empty otherwise. */
  readonly native?: boolean;
  /** Machines (uname -m) that are to be built for beside this one: their tools are looked for too. */
  readonly cross?: readonly string[];
  /** Where /proc, /sys and /etc are; `/` unless given. */
  readonly root?: string;
}

/** The C library of the programs that this machine's linker makes, and its version. */
const readLibc = async (options: AskOptions): Promise<{ kind: Platform['libc']; version: string }> => {
  const env = { ...options.env, PATH: `${options.env['PATH'] ?? ''}:/usr/bin:/bin` };
  const answer = await askProgram(['ldd', '--version'], { ...options, env, acceptedExitCodes: [0, 1] });
  const text = answer === undefined ? '' : `${answer.stdout}\n${answer.stderr}`;
  if (/^musl libc/m.test(text)) {
    return { kind: 'musl', version: `musl ${/^Version (\S+)/m.exec(text)?.[1] ?? 'unknown'}` };
  }
  const [, packaged, version] = /^ldd \((.*)\) (\S+)$/m.exec(text) ?? [];
  if (version !== undefined) return { kind: 'gnu', version: `glibc ${version} (${packaged ?? ''})` };
  const musl = existsSync('/lib') && readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
  return musl ? { kind: 'musl', version: 'musl unknown' } : { kind: 'gnu', version: 'glibc unknown' };
};

/** The package family of a distribution, by the IDs in its os-release. */
export const findPackageFamily = (
  release: OsRelease,
  families: ToolchainKnowledge['families'],
): PackageFamily | undefined =>
  (['apt', 'dnf', 'apk'] as const).find((family) => release.ids.some((id) => families[family].ids.includes(id)));

/**
 * Describes this machine as a plan needs it: platform, tools on the caller's PATH with their version lines, -dev
 * packages with versions, and the facts that results are kept by. Asks everything at once; about 60 ms on two cores.
 * Failures: `file-invalid` (the knowledge), `unsupported` (not Linux), `interrupted`.
 */
export const readHost = async (options: HostOptions): Promise<Result<Host>> => {
  if (systemName() !== 'linux') {
    return fail({
      code: 'unsupported',
      what: `A build on ${systemName()}`,
      why: 'ELF facts, cgroups and the package families of Linux are what this tool knows',
      next: 'Run it on Linux, in a container or a virtual machine for instance.',
    });
  }
  const knowledge = options.knowledge === undefined ? await readToolchainKnowledge() : ok(options.knowledge);
  if (!knowledge.ok) return knowledge;
  // Every question listens to the signal; Node takes more than ten listeners for a leak.
  if (options.signal !== undefined) setMaxListeners(0, options.signal);
  const root = options.root ?? '/';
  const osRelease = readOsRelease(root);
  const packageFamily = findPackageFamily(osRelease, knowledge.value.families);
  const arch = machine();
  const crossTools = knowledge.value.cross.flatMap((entry) =>
    options.cross?.includes(entry.arch) === true ? entry.tools : [],
  );
  const [tools, libraries, libc, nativeFlags] = await Promise.all([
    readTools([...knowledge.value.tools, ...crossTools], options),
    readDevPackages(knowledge.value, packageFamily, options),
    readLibc(options),
    options.native === true ? readNativeFlags(arch, options) : [],
  ]);
  // A question cut short looks like a missing tool: say nothing rather than that.
  if (isAborted(options.signal)) return fail({ code: 'interrupted', signal: String(options.signal?.reason) });
  const cpu = readCpu(root);
  const forTwins = new Set(knowledge.value.libraries.filter(({ twin }) => twin === true).map(({ name }) => name));
  const openssl = libraries.find(({ library }) => forTwins.has(library))?.version;
  return ok({
    platform: { arch, libc: libc.kind },
    tools,
    devPackages: libraries.filter(({ library }) => !forTwins.has(library)),
    ...(openssl === undefined ? {} : { openssl: { version: openssl } }),
    nativeFlags,
    cpuFeatures: cpu.features,
    machine: {
      cpu: cpu.model,
      cpuFeaturesDigest: cpu.featuresDigest,
      kernel: release(),
      libc: libc.version,
      os: osRelease.prettyName,
      cores: usableCores(root),
      memoryBytes: usableMemoryBytes(root),
    },
    ...(packageFamily === undefined ? {} : { packageFamily }),
  });
};

/** The runtime files of the knowledge (CA roots, time zones) that are there, by name. */
export const findRuntime = (knowledge: ToolchainKnowledge, root = '/'): ReadonlySet<string> =>
  new Set(
    knowledge.runtime
      .filter((item) => item.files.some((file) => existsSync(join(root, file))))
      .map((item) => item.name),
  );
