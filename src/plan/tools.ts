import type { Failure } from '../model/failure.ts';
import type { Host } from '../model/host.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CellDraft } from './draft.ts';

const compilerPairs = [
  { c: 'gcc', cxx: 'g++' },
  { c: 'clang', cxx: 'clang++' },
] as const;

/** What a FIPS module needs beside. */
const fipsTools: readonly (readonly [tool: string, neededFor: string])[] = [
  ['go', 'rewrite and hash the FIPS module'],
  ['perl', 'generate the assembly of the FIPS module'],
];

const neededTools: readonly (readonly [tool: string, neededFor: string])[] = [
  ['make', 'compile CPython'],
  ['cmake', 'configure AWS-LC'],
  ['ninja', 'compile AWS-LC'],
  ['ar', 'compile AWS-LC and CPython'],
  ['ld', 'link'],
];

const hasTool =
  (host: Host) =>
  (name: string): boolean =>
    host.tools.some((tool) => tool.name === name);

/** The C and C++ compilers that everything is compiled with: gcc, or clang where there is no gcc. */
export const chooseCompilers = (host: Host): CellDraft['compilers'] | undefined =>
  compilerPairs.find(({ c, cxx }) => hasTool(host)(c) && hasTool(host)(cxx));

/** The compilers to use; or a `tool-missing` for every tool that a build needs and this machine lacks. */
export const chooseTools = (host: Host, hasFips: boolean): Result<CellDraft['compilers'], readonly Failure[]> => {
  const compilers = chooseCompilers(host);
  const missing = [...neededTools, ...(hasFips ? fipsTools : [])].filter(([tool]) => !hasTool(host)(tool));
  const failures = [
    ...(compilers === undefined ? ([['gcc and g++', 'compile AWS-LC and CPython']] as const) : []),
    ...missing,
  ].map(([tool, neededFor]): Failure => ({
    code: 'tool-missing',
    tool,
    neededFor,
    next: 'Run `cpython-awslc doctor --fix` to install what is missing.',
  }));
  return compilers === undefined || failures.length > 0 ? fail(failures) : ok(compilers);
};
