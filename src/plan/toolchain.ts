import type { Host, PackageFamily } from '../model/host.ts';
import type { KnownBad, Need, PackageNames, ToolchainKnowledge } from '../model/knowledge.ts';
import { compareVersions } from '../model/version.ts';

/** Something that a machine should have and has not, or not new enough. */
export interface Missing {
  readonly kind: 'tool' | 'library' | 'runtime';
  readonly name: string;
  readonly need: Need;
  /** What it is for: a purpose, or what a Python without it loses. */
  readonly why: string;
  readonly packages: PackageNames;
  /** Oldest version that does. */
  readonly minimum?: string;
  /** The version line of one that is too old. */
  readonly found?: string;
}

/** One entry of `knownBad` that fits a tool of this machine. */
export interface KnownBadHit {
  readonly bad: KnownBad;
  readonly found: string;
}

/**
 * The version in a tool's version line: `gcc (Debian 12.2.0-14) 12.2.0` is 12.2.0. What stands in parentheses names the
 * packager and is only looked at when there is no number outside (perl).
 */
export const versionOf = (line: string): string | undefined => {
  const pattern = /\d+(?:\.\d+)+/;
  return pattern.exec(line.replace(/\([^)]*\)/g, ' '))?.[0] ?? pattern.exec(line)?.[0];
};

const isAtLeast = (line: string, minimum: string): boolean => {
  const version = versionOf(line);
  // A tool whose version nobody can read is given the benefit of the doubt: the build will tell.
  return version === undefined || compareVersions(version, minimum) >= 0;
};

/** Everything that the knowledge lists and the host lacks, in the order of the knowledge. `runtime` names what is there. */
export const findMissing = (
  host: Pick<Host, 'tools' | 'devPackages' | 'openssl'>,
  knowledge: ToolchainKnowledge,
  runtime: ReadonlySet<string>,
): readonly Missing[] => [
  ...knowledge.tools.flatMap((tool): readonly Missing[] => {
    const found = host.tools.find((candidate) => candidate.name === tool.name);
    if (found !== undefined && (tool.minimum === undefined || isAtLeast(found.version, tool.minimum.version)))
      return [];
    return [
      {
        kind: 'tool',
        name: tool.name,
        need: tool.need,
        why: tool.purpose,
        packages: tool.packages,
        ...(tool.minimum === undefined ? {} : { minimum: tool.minimum.version }),
        ...(found === undefined ? {} : { found: found.version }),
      },
    ];
  }),
  ...knowledge.libraries.flatMap((library): readonly Missing[] =>
    (
      library.twin === true
        ? host.openssl !== undefined
        : host.devPackages.some((found) => found.library === library.name && found.version !== undefined)
    )
      ? []
      : [{ kind: 'library', name: library.name, need: library.need, why: library.losing, packages: library.packages }],
  ),
  ...knowledge.runtime.flatMap((item): readonly Missing[] =>
    runtime.has(item.name)
      ? []
      : [{ kind: 'runtime', name: item.name, need: item.need, why: item.purpose, packages: item.packages }],
  ),
];

/** Which known-bad ranges the machine's tools fall into. One hit may concern several AWS-LC lines. */
export const findKnownBad = (
  host: Pick<Host, 'tools' | 'platform'>,
  knowledge: ToolchainKnowledge,
): readonly KnownBadHit[] =>
  knowledge.knownBad.flatMap((bad) => {
    const found = host.tools.find((tool) => tool.name === bad.tool);
    const version = found === undefined ? undefined : versionOf(found.version);
    const hit =
      found !== undefined &&
      version !== undefined &&
      compareVersions(version, bad.from) >= 0 &&
      (bad.below === undefined || compareVersions(version, bad.below) < 0) &&
      (bad.arch === undefined || bad.arch === host.platform.arch);
    return hit ? [{ bad, found: found.version }] : [];
  });

/** Package items of what is missing, for one family, each once. */
export const packagesOf = (
  missing: readonly Missing[],
  family: PackageFamily,
): readonly { readonly item: string; readonly minimum?: string; readonly need: Need }[] => {
  const items = new Map<string, { item: string; minimum?: string; need: Need }>();
  for (const { packages, minimum, need } of missing) {
    for (const item of packages[family]) {
      // A package that both a required and another thing want is required.
      if (items.get(item)?.need === 'required') continue;
      items.set(item, { item, need, ...(minimum === undefined ? {} : { minimum }) });
    }
  }
  return [...items.values()];
};
