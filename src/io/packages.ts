import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageFamily } from '../model/host.ts';
import type { FamilyKnowledge } from '../model/knowledge.ts';
import { compareVersions } from '../model/version.ts';
import { askProgram, type AskOptions } from './host-ask.ts';

/** Versions of the packages that are installed, by name; packages that are not are left out. */
export const readInstalledVersions = async (
  family: PackageFamily,
  names: readonly string[],
  options: AskOptions,
): Promise<ReadonlyMap<string, string>> => {
  if (names.length === 0) return new Map();
  if (family === 'apk') {
    const answer = await askProgram(['apk', 'info', '-v'], options);
    return new Map(
      (answer?.stdout ?? '').split('\n').flatMap((line): [string, string][] => {
        const [, name, version] = /^(.+?)-(\d[^-]*-r\d+)$/.exec(line.trim()) ?? [];
        return name !== undefined && version !== undefined && names.includes(name) ? [[name, version]] : [];
      }),
    );
  }
  const argv =
    family === 'apt'
      ? ['dpkg-query', '-W', '-f', '${Package}\\t${Version}\\t${db:Status-Status}\\n', ...names]
      : ['rpm', '-q', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}\\tinstalled\\n', ...names];
  // Both end with the number of unknown names, or 1.
  const answer = await askProgram(argv, {
    ...options,
    acceptedExitCodes: Array.from({ length: 256 }, (_, code) => code),
  });
  return new Map(
    (answer?.stdout ?? '').split('\n').flatMap((line): [string, string][] => {
      const [name, version, status] = line.split('\t');
      return name !== undefined && version !== undefined && status === 'installed' ? [[name, version]] : [];
    }),
  );
};

/** Versions that the package manager would install, by name; packages that it does not know are left out. */
export const readCandidateVersions = async (
  family: PackageFamily,
  names: readonly string[],
  options: AskOptions,
): Promise<ReadonlyMap<string, string>> => {
  if (names.length === 0) return new Map();
  const argv = {
    apt: ['apt-cache', 'policy', ...names],
    dnf: ['dnf', '-q', 'repoquery', '--qf', '%{name}\\t%{version}\\n', ...names],
    apk: ['apk', 'policy', ...names],
  }[family];
  const text = (await askProgram(argv, options))?.stdout ?? '';
  if (family === 'dnf') {
    return new Map(
      text.split('\n').flatMap((line): [string, string][] => {
        const [name, version] = line.split('\t');
        return name !== undefined && version !== undefined ? [[name, version]] : [];
      }),
    );
  }
  const pattern =
    family === 'apt' ? /^(\S+):\n {2}Installed: .*\n {2}Candidate: (.*)$/gm : /^(\S+) policy:\n {2}(\S+):$/gm;
  return new Map(
    [...text.matchAll(pattern)].flatMap(([, name, version]): [string, string][] =>
      name !== undefined && version !== undefined && version !== '(none)' ? [[name, version]] : [],
    ),
  );
};

/** The leading numbers of a package's version, without epoch and revision: `2:1.19~1` is 1.19. */
const upstreamVersion = (version: string): string => /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0';

/** One wanted package: alternatives in order (`cargo-web | cargo`), and the oldest version that does. */
export interface WantedPackage {
  readonly item: string;
  readonly minimum?: string;
}

/** Which packages to install, and which wanted items no package serves here. */
export interface ChosenPackages {
  readonly packages: readonly string[];
  readonly unavailable: readonly string[];
}

/** Takes of each item the first alternative that the package manager has and that is new enough. */
export const choosePackages = async (
  family: PackageFamily,
  wanted: readonly WantedPackage[],
  options: AskOptions,
): Promise<ChosenPackages> => {
  const names = [...new Set(wanted.flatMap(({ item }) => item.split(' | ')))];
  const candidates = await readCandidateVersions(family, names, options);
  const packages = new Set<string>();
  const unavailable = new Set<string>();
  for (const { item, minimum } of wanted) {
    const found = item.split(' | ').find((name) => {
      const version = candidates.get(name);
      if (version === undefined) return false;
      return minimum === undefined || compareVersions(upstreamVersion(version), minimum) >= 0;
    });
    if (found === undefined) unavailable.add(item);
    else packages.add(found);
  }
  return { packages: [...packages], unavailable: [...unavailable] };
};

/** Whether apt has downloaded package lists; the other families fetch theirs by themselves. */
export const hasPackageLists = (family: PackageFamily, root = '/'): boolean => {
  if (family !== 'apt') return true;
  try {
    return readdirSync(join(root, 'var/lib/apt/lists')).some((name) => /_Packages(\.|$)/.test(name));
  } catch {
    return false;
  }
};

/** Whether the machine's apt knows a repository: then the debian origin can ask it. */
export const hasAptRepository = async (options: AskOptions): Promise<boolean> =>
  ((await askProgram(['apt-get', 'indextargets', '--format', '$(REPO_URI)'], options))?.stdout ?? '').trim() !== '';

/** Puts the family's environment, and sudo for other users than root, in front of a command. */
const privileged = (command: readonly string[], family: FamilyKnowledge, isRoot: boolean): readonly string[] => [
  ...(isRoot ? [] : ['sudo']),
  ...(family.environment.length === 0 ? [] : ['env', ...family.environment]),
  ...command,
];

/** The command line that installs packages, ready for a shell or for `runPrivileged`. */
export const installCommand = (
  family: FamilyKnowledge,
  packages: readonly string[],
  isRoot: boolean,
): readonly string[] => privileged([...family.install, ...packages], family, isRoot);

/** The command line that fetches package lists; nothing when the family's install does that. */
export const refreshCommand = (family: FamilyKnowledge, isRoot: boolean): readonly string[] | undefined =>
  family.refresh.length === 0 ? undefined : privileged(family.refresh, { ...family, environment: [] }, isRoot);
