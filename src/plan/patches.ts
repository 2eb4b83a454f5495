import type { Capabilities } from '../model/catalogue.ts';
import type { Cell } from '../model/cell.ts';
import type { Failure } from '../model/failure.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { Step } from '../model/plan.ts';
import { isWithin } from '../model/version.ts';
import { makeStep, pickTools } from './step.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';

const isLacking = ({ pha, hashes, macros }: Capabilities, what: LoadedPatch['lacking']): boolean => {
  switch (what) {
    case 'pha':
      return !pha;
    case 'blake2':
      return !hashes.includes('blake2b') && !hashes.includes('blake2s');
    case 'protocol-version-controls':
      // No AWS-LC has them, neither of the main line (1.26.0 to 5.12.0) nor of the FIPS lines (2.0 to 4.2).
      return true;
    case 'eof-as-syscall-error':
      return macros['SSL_R_UNEXPECTED_EOF_WHILE_READING'] === true;
  }
};

/** The patches of a cell, in the order of their names: those of its series for what its AWS-LC lacks. */
export const choosePatches = (
  patches: readonly LoadedPatch[],
  capabilities: Capabilities,
  series: string,
): readonly LoadedPatch[] =>
  patches.filter((patch) => patch.series === series && isLacking(capabilities, patch.lacking));

/** Why a cell cannot be patched: its series has no patch that it needs, or the version is outside a patch's range. */
export const findPatchProblems = (
  { python }: Cell,
  needsPha: boolean,
  chosen: readonly LoadedPatch[],
  tryPatches: boolean,
): readonly Failure[] => {
  const what = `CPython ${python.version} on AWS-LC`;
  if (needsPha && !chosen.some(({ lacking }) => lacking === 'pha')) {
    return [
      {
        code: 'unsupported',
        what,
        why: `its _ssl.c calls TLS 1.3 post-handshake authentication, which AWS-LC lacks, and series ${python.series} has no patch for it`,
        next: 'Choose CPython 3.14 or newer, which needs no patch.',
      },
    ];
  }
  if (tryPatches) return [];
  return chosen
    .filter(({ versions }) => !isWithin(python.version, versions))
    .map(({ file, series, versions: { first, last } }) => ({
      code: 'unsupported',
      what,
      why: `patches/${series}/${file} is known for ${first} to ${last} only`,
      next: 'Add --try-patches to try it: it is applied without fuzz, and the build stops if it does not fit.',
    }));
};

/** Applies patches to a copy of CPython's sources: `{tree}` is what is configured and compiled. */
export const planPatch = (draft: CellDraft, source: Step): Step =>
  makeStep({
    kind: 'patch',
    subject: 'cpython',
    title: `patch CPython ${draft.cell.python.version}`,
    inputs: { source },
    actions: [
      {
        do: 'copy-linked',
        from: '{source}/*',
        to: '{tree}/',
        why: 'patch writes a new file and renames it over the old',
      },
      ...draft.patches.flatMap(({ file, text, reason }) => [
        { do: 'write' as const, path: `{work}/${file}`, text, why: reason },
        {
          do: 'exec' as const,
          argv: [
            'patch',
            '--batch',
            '-p1',
            '--fuzz=0',
            '--no-backup-if-mismatch',
            '-d',
            '{tree}',
            '-i',
            `{work}/${file}`,
          ],
          cwd: '{work}',
        },
      ]),
    ],
    alsoDependsOn: { tools: pickTools(draft.host.tools, ['patch']), environment: buildEnvironment },
  });

/** What a plan says of its patches. */
export const notePatches = (patches: readonly LoadedPatch[], { python }: Cell): readonly string[] =>
  patches.map(
    ({ file, reason, built }) =>
      `CPython ${python.version}: patches/${python.series}/${file}: ${reason}${
        built.includes(python.version) ? '' : ' (this version was not built with it before)'
      }`,
  );
