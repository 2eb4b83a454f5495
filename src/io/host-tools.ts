import type { DevPackage, PackageFamily } from '../model/host.ts';
import type { LibraryKnowledge, ToolchainKnowledge, ToolKnowledge } from '../model/knowledge.ts';
import type { Tool } from '../model/plan.ts';
import { askProgram, type AskOptions } from './host-ask.ts';
import { listOnPath } from './on-path.ts';
import { readInstalledVersions } from './packages.ts';
import type { ProgramResult } from './process.ts';

const firstLine = (text: string): string | undefined =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');

/** The line in which a tool names its version. BusyBox applets refuse --version, but say in their usage what they are. */
const versionLine = (answer: ProgramResult): string | undefined =>
  answer.exitCode === 0
    ? (firstLine(answer.stdout) ?? firstLine(answer.stderr) ?? 'version unknown')
    : `${answer.stderr}\n${answer.stdout}`
        .split('\n')
        .map((line) => line.trim())
        .find((line) => line.startsWith('BusyBox '));

const askVersion = async (program: string, tool: ToolKnowledge, options: AskOptions): Promise<string | undefined> => {
  const answer = await askProgram([program, ...(tool.versionArguments ?? ['--version'])], {
    ...options,
    acceptedExitCodes: [0, 1, 2],
  });
  return answer === undefined ? undefined : versionLine(answer);
};

const describeTool = async (tool: ToolKnowledge, options: AskOptions): Promise<readonly Tool[]> => {
  let version = await askVersion(tool.name, tool, options);
  // What builds is what PATH finds first; what only fetches may be any that works, as the origin itself takes it.
  const others =
    version === undefined && tool.need === 'origin' ? (await listOnPath(tool.name, options.env['PATH'])).slice(1) : [];
  for (const program of others) version ??= await askVersion(program, tool, options);
  return version === undefined ? [] : [{ name: tool.name, version }];
};

/** The tools that are on the caller's PATH and answer, each by its version line; sorted by name. */
export const readTools = async (tools: readonly ToolKnowledge[], options: AskOptions): Promise<readonly Tool[]> =>
  (await Promise.all(tools.map((tool) => describeTool(tool, options))))
    .flat()
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The libraries whose headers the compiler finds; nothing when there is no compiler that can tell. */
const findHeaders = async (
  libraries: readonly LibraryKnowledge[],
  options: AskOptions,
): Promise<ReadonlySet<string> | undefined> => {
  const input = libraries
    .map(
      (library) =>
        `#if ${library.headers.map((header) => `__has_include(<${header}>)`).join(' || ')}\nfound:${library.name}:\n#endif\n`,
    )
    .join('');
  for (const compiler of ['cc', 'gcc']) {
    const answer = await askProgram([compiler, '-E', '-P', '-x', 'c', '-'], { ...options, input });
    if (answer !== undefined) {
      return new Set([...answer.stdout.matchAll(/found:([^:\s]+):/g)].flatMap(([, name]) => name ?? []));
    }
  }
  return undefined;
};

const alternativesOf = (item: string): readonly string[] => item.split(' | ');

/**
 * Which -dev packages are there. The compiler decides whether the headers are found, the package manager says the
 * version; without a compiler the package manager decides alone.
 */
export const readDevPackages = async (
  knowledge: ToolchainKnowledge,
  family: PackageFamily | undefined,
  options: AskOptions,
): Promise<readonly DevPackage[]> => {
  const { libraries } = knowledge;
  const names =
    family === undefined ? [] : libraries.flatMap((library) => library.packages[family].flatMap(alternativesOf));
  const [headers, installed] = await Promise.all([
    findHeaders(libraries, options),
    family === undefined ? new Map<string, string>() : readInstalledVersions(family, [...new Set(names)], options),
  ]);
  return Promise.all(
    libraries.map(async (library): Promise<DevPackage> => {
      const packaged = (family === undefined ? [] : library.packages[family])
        .flatMap(alternativesOf)
        .flatMap((name) => installed.get(name) ?? []);
      const modules = library.modules.map((module) => module.name);
      const present = headers === undefined ? packaged.length > 0 : headers.has(library.name);
      if (!present) return { library: library.name, modules };
      const version = packaged[0] ?? (await askPkgConfig(library, options)) ?? 'headers of no known package';
      return { library: library.name, version, modules };
    }),
  );
};

const askPkgConfig = async (library: LibraryKnowledge, options: AskOptions): Promise<string | undefined> => {
  if (library.pkgConfig === undefined) return undefined;
  const answer = await askProgram(['pkg-config', '--modversion', library.pkgConfig], options);
  return answer === undefined ? undefined : firstLine(answer.stdout);
};

/** Flags that say what code may be generated; cache sizes (`--param`) only tune, and differ between equal CPUs. */
const isTargetFlag = (word: string): boolean => /^-m(?!relax$|32$|64$)/.test(word);

/**
 * `native` as the compiler's own explicit flags (gcc: `-###`; clang: its target CPU). Empty when it cannot say.
 * On Arm `-mcpu`, elsewhere `-march`.
 */
export const readNativeFlags = async (arch: string, options: AskOptions): Promise<readonly string[]> => {
  const native = arch === 'aarch64' ? '-mcpu=native' : '-march=native';
  const answer = await askProgram(['cc', native, '-###', '-E', '-x', 'c', '/dev/null'], options);
  if (answer === undefined) return [];
  const line = answer.stderr.split('\n').find((text) => /\bcc1\b|"-cc1"/.test(text)) ?? '';
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const clangCpu = words[words.indexOf('-target-cpu') + 1];
  if (words.includes('-cc1')) {
    return words.includes('-target-cpu') && clangCpu !== undefined ? [native.replace('native', clangCpu)] : [];
  }
  return words.filter((word) => isTargetFlag(word) && !word.endsWith('=native'));
};
