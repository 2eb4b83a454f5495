import type { Failure } from '../model/failure.ts';
import { formatSource } from '../model/json-source.ts';
import { prettyJson } from '../model/json.ts';
import { makeJsonSchema, schemaNames } from '../model/schemas.ts';
import { suggestWord } from '../model/suggest.ts';
import type { CommandContext } from './context.ts';

/** Prints the JSON Schema of a format, or without a name the names that there are. Failure: `usage`. */
export const runSchema = (
  name: string | undefined,
  options: { readonly json?: boolean },
  context: CommandContext,
): Promise<readonly Failure[]> => {
  if (name === undefined && options.json === true) {
    context.out(prettyJson({ version: 1, kind: 'schemas', schemas: schemaNames }));
    return Promise.resolve([]);
  }
  if (name === undefined) {
    const width = Math.max(...schemaNames.map((known) => known.name.length));
    context.out(schemaNames.map((known) => `${known.name.padEnd(width)}  ${known.title}\n`).join(''));
    return Promise.resolve([]);
  }
  const schema = makeJsonSchema(name);
  if (schema !== undefined) {
    context.out(formatSource(schema));
    return Promise.resolve([]);
  }
  const names = schemaNames.map((known) => known.name);
  const suggestion = suggestWord(name, names);
  return Promise.resolve([
    {
      code: 'usage',
      message: `No format ${name}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
      next: `Known: ${names.join(', ')}.`,
    },
  ]);
};
