import type { MatrixCell } from '../model/matrix.ts';
import type { Page } from './matrix-page.ts';
import { quoteWord } from './text.ts';
import { rerunCommand } from './verdicts.ts';

/**
 * The command that runs a cell, or cases of it, again. Of a source tree only the directory's owner knows where it is: there
 * the command says DIR.
 */
export const rerunCell = (
  { record, names }: Pick<Page, 'record' | 'names'>,
  { cell }: MatrixCell,
  cases?: { readonly file: string; readonly id?: string },
): string => {
  const option = (name: string, value: string): string => ` --${name} ${quoteWord(value)}`;
  const source = (name: string, { version, tree }: { version: string; tree?: string | undefined }): string =>
    tree === undefined ? option(name, version) : ` --${name} path:DIR`;
  const others = names.varying
    .filter((axis) => axis !== 'platform')
    .map((axis) => option(axis === 'cipherString' ? 'cipher-string' : axis, cell[axis]));
  const command = [
    'cpython-awslc test',
    ...(record.recipe === 'default' ? [] : [option('recipe', record.recipe)]),
    source('python', cell.python),
    source('awslc', cell.awslc),
    ...others,
  ].join('');
  return cases === undefined ? command : rerunCommand(command, cases.file, cases.id);
};
