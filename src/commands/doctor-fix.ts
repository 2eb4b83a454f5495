import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { removeTree } from '../io/files.ts';
import { choosePackages, installCommand, refreshCommand, type ChosenPackages } from '../io/packages.ts';
import { runPrivileged } from '../io/packages-run.ts';
import { quoteCommand } from '../io/process.ts';
import type { Failure } from '../model/failure.ts';
import type { PackageFamily } from '../model/host.ts';
import type { ToolchainKnowledge } from '../model/knowledge.ts';
import { packagesOf, type Missing } from '../plan/toolchain.ts';
import type { CommandContext } from './context.ts';

export interface InstallRequest {
  readonly missing: readonly Missing[];
  readonly family: PackageFamily | undefined;
  readonly families: ToolchainKnowledge['families'];
  /** Whether the package manager's lists must be fetched first. */
  readonly refresh: boolean;
  /** `--yes`. */
  readonly yes: boolean;
  /** Effective user; the process's own unless given. */
  readonly userId?: number;
}

/** Whether nobody needs to be asked: `--yes`, or a CI that says so. */
const isAgreed = (yes: boolean, env: CommandContext['env']): boolean =>
  yes || env['CI'] === 'true' || env['CI'] === '1';

/** Asks on the terminal; no answer, or anything but yes, is no. */
const askYes = async (question: string, context: CommandContext): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: context.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    // Aborted by Ctrl-C, or standard input ended.
    return false;
  } finally {
    terminal.close();
  }
};

/** The failure of each required thing that is missing. */
export const describeMissing = (missing: readonly Missing[], next: string): readonly Failure[] => {
  const libraries = missing.filter((item) => item.kind !== 'tool');
  return [
    ...missing
      .filter((item) => item.kind === 'tool')
      .map((item): Failure => ({
        code: 'tool-missing',
        tool: item.minimum === undefined ? item.name : `${item.name} ${item.minimum} or later`,
        neededFor: item.why,
        ...(item.found === undefined ? {} : { found: item.found }),
        next,
      })),
    ...(libraries.length === 0
      ? []
      : [
          {
            code: 'package-missing' as const,
            packages: libraries.map((item) => (item.kind === 'library' ? `headers of ${item.name}` : item.name)),
            neededFor: libraries.map((item) => item.why).join('; '),
            next,
          },
        ]),
  ];
};

/**
 * Installs what is missing through the machine's package manager: as root directly, otherwise with sudo. Asks on a
 * terminal unless `--yes` or CI=true; where nobody can be asked, the failure carries the exact command.
 * Failures: `consent-required`, `tool-missing` (sudo, the package manager), `package-missing` (a required package that
 * this release has not), `command-failed`, `interrupted`, `disk-full`, `io-failed`.
 */
export const installMissing = async (request: InstallRequest, context: CommandContext): Promise<readonly Failure[]> => {
  const { missing, family } = request;
  if (family === undefined) {
    return describeMissing(missing, 'No package manager that is known (apt, dnf, apk) was found: install it by hand.');
  }
  const knowledge = request.families[family];
  const isRoot = (request.userId ?? process.geteuid?.()) === 0;
  const wanted = packagesOf(missing, family);
  const ask = { env: context.env, signal: context.signal };
  // Without lists nobody can say which alternative exists; the first is the likeliest, and what is optional may not exist at all.
  const guess: ChosenPackages = {
    packages: wanted.filter(({ need }) => need !== 'optional').flatMap(({ item }) => item.split(' | ').slice(0, 1)),
    unavailable: [],
  };
  const chosen = request.refresh ? guess : await choosePackages(family, wanted, ask);
  const refresh = refreshCommand(knowledge, isRoot);
  // A required package that the lists do not have: they may be old.
  const stale = chosen.unavailable.some((item) => isRequired(item, wanted));
  const refreshes = refresh !== undefined && (request.refresh || stale) ? [refresh] : [];
  if (chosen.packages.length === 0 && refreshes.length === 0) return reportUnavailable(chosen, wanted, context);

  const commandLine = [
    ...refreshes,
    ...(chosen.packages.length > 0 ? [installCommand(knowledge, chosen.packages, isRoot)] : []),
  ]
    .map(quoteCommand)
    .join(' && ');
  const names = missing.length > 0 ? missing.map((item) => item.name) : [`${family}'s package lists`];
  if (!isAgreed(request.yes, context.env)) {
    const asked = context.terminal.canAsk;
    if (asked) context.err(`Missing here: ${names.join(', ')}. To install:\n    ${commandLine}\n`);
    if (!asked || !(await askYes('Run this now?', context))) {
      return [{ code: 'consent-required', missing: names, command: commandLine }];
    }
  }

  const run = async (command: readonly string[]): Promise<readonly Failure[]> => {
    context.err(`$ ${quoteCommand(command)}\n`);
    const { env, signal, terminal } = context;
    const done = await runPrivileged(command, { env, signal, canAsk: terminal.canAsk });
    return done.ok ? [] : [done.error];
  };
  for (const command of refreshes) {
    const failures = await run(command);
    if (failures.length > 0) return failures;
  }
  const final = refreshes.length > 0 ? await choosePackages(family, wanted, ask) : chosen;
  const unavailable = reportUnavailable(final, wanted, context);
  if (unavailable.length > 0 || final.packages.length === 0) return unavailable;
  const install = installCommand(knowledge, final.packages, isRoot);
  const failures = await run(install);
  const [first] = failures;
  // The lists name versions that the mirror has since replaced: fetch them again, once.
  if (first?.code !== 'command-failed' || !/404|Unable to fetch/.test(first.lastLines.join('\n'))) return failures;
  if (refresh === undefined || refreshes.length > 0) return failures;
  await removeTree(dirname(first.log));
  const again = await run(refresh);
  return again.length > 0 ? again : run(install);
};

type Wanted = ReturnType<typeof packagesOf>;

const isRequired = (item: string, wanted: Wanted): boolean =>
  wanted.some((candidate) => candidate.item === item && candidate.need === 'required');

/** Says which packages this release has not; only required ones are failures. */
const reportUnavailable = (chosen: ChosenPackages, wanted: Wanted, context: CommandContext): readonly Failure[] => {
  const required = chosen.unavailable.filter((item) => isRequired(item, wanted));
  const skipped = chosen.unavailable.filter((item) => !required.includes(item));
  if (skipped.length > 0) context.err(`Not in this release, left out: ${skipped.join(', ')}\n`);
  return required.length === 0
    ? []
    : [
        {
          code: 'package-missing',
          packages: required,
          neededFor: 'a build',
          next: 'The package manager does not know them, or only too old ones: add a repository that has them, or install them by hand.',
        },
      ];
};
