import type { PackageFacts } from '../model/packages.ts';
import { printable, type TextOptions } from './text.ts';

type Found = PackageFacts['packages'][number];

/** Whose crypto a package runs on, and what crypto its import brings into the process, by version text and file. */
export const describeCrypto = ({ crypto, usesSsl, brings, error }: Found, library: string): string => {
  if (error !== undefined) return `could not be imported: ${error}`;
  const own = Object.entries(brings).map(([file, texts]) => `${texts.join(', ')} (${file})`);
  if (crypto === 'own') {
    return `its own: ${own.length === 0 ? 'no version text' : own.join(', ')}${usesSsl ? '; imports ssl or hashlib too' : ''}`;
  }
  return `${library}, by ssl and hashlib${own.length === 0 ? '' : `; loads ${own.join(', ')} too`}`;
};

/** Whose crypto each package runs on, for a terminal. */
export const formatPackages = ({ pip, packages, library }: PackageFacts, options: TextOptions): string => {
  const width = Math.max(0, ...packages.map(({ name, version }) => `${name} ${version}`.length));
  return [
    `  packages, installed by pip ${pip}, and the crypto that they run on:`,
    ...packages.map((found) => {
      const text = printable(describeCrypto(found, library), options);
      return `    ${`${found.name} ${found.version}`.padEnd(width)}  ${text}`;
    }),
  ].join('\n');
};

/** The same as rows of a Markdown table; `escape` makes any text one cell. */
export const formatPackagesMarkdown = ({ packages, library }: PackageFacts, escape: (text: string) => string): string =>
  [
    '| package | version | runs on |',
    '|---|---|---|',
    ...packages.map(
      (found) => `| ${escape(found.name)} | ${escape(found.version)} | ${escape(describeCrypto(found, library))} |`,
    ),
  ].join('\n');
