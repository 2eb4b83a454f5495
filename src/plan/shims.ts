import type { Capabilities } from '../model/catalogue.ts';
import type { Action } from '../model/plan.ts';
import type { LoadedShim } from '../model/shim.ts';
import { isWithin } from '../model/version.ts';

/** The shims that a cell needs: what its CPython series calls and its AWS-LC's headers were found to lack. */
export const chooseShims = (
  shims: readonly LoadedShim[],
  capabilities: Capabilities,
  series: string,
): readonly LoadedShim[] =>
  shims.filter(
    ({ lacking, series: { from, to } }) =>
      capabilities.functions[lacking.slice('function:'.length)] === false &&
      isWithin(series, { first: from, last: to }),
  );

/** Writes each header into a directory. Nothing for a cell without shims. */
export const writeShims = (shims: readonly LoadedShim[], into: string): readonly Action[] =>
  shims.map(({ name, header, text, reason, loses }) => ({
    do: 'write',
    path: `${into}/${header}`,
    text,
    why: `shim ${name}: ${reason}; loses ${loses}`,
  }));

/** Compiler arguments that put the headers in front of every source. */
export const includeShims = (shims: readonly LoadedShim[], from: string): readonly string[] =>
  shims.flatMap(({ header }) => ['-include', `${from}/${header}`]);

/** What a plan says of its shims beside the headers themselves. */
export const noteShims = (shims: readonly LoadedShim[], awslc: string): readonly string[] =>
  shims.map(
    ({ name, provides, loses }) =>
      `AWS-LC ${awslc} lacks ${provides.join(', ')}: shim ${name} stands in, and loses ${loses}`,
  );
