import type * as z from 'zod';
import type { Problem } from './failure.ts';
import { fail, ok, type Result } from './result.ts';

/** A zod schema whose parsed value is a `T`. */
export type Schema<T> = z.ZodType<T>;

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Compares by UTF-16 code units: the same order on every machine, whatever the locale. */
export const compareCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([a], [b]) => compareCodeUnits(a, b))
        .map(([key, member]) => [key, sortKeys(member)]),
    );
  }
  return value;
};

/** JSON with sorted keys and no spaces: the form that fingerprints hash. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sortKeys(value));

/** JSON with two spaces and a final newline: the form that people and diffs read. */
export const prettyJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Turns `['cells', 'python', 0]` into `$.cells.python[0]`. */
export const jsonPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      text +
      (typeof key === 'number'
        ? `[${key}]`
        : /^[A-Za-z_][\w-]*$/.test(String(key))
          ? `.${String(key)}`
          : `[${JSON.stringify(String(key))}]`),
    '$',
  );

/** Checks a parsed JSON value by a schema; fails with every problem at once. */
export const checkSchema = <T>(schema: z.ZodType<T>, value: unknown): Result<T, readonly Problem[]> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return fail(parsed.error.issues.map((issue) => ({ path: jsonPath(issue.path), message: issue.message })));
};

/** Parses JSON text by a schema; a syntax error is a problem at `$`. */
export const parseJson = <T>(schema: z.ZodType<T>, text: string): Result<T, readonly Problem[]> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail([{ path: '$', message: `not JSON: ${error instanceof Error ? error.message : String(error)}` }]);
  }
  return checkSchema(schema, value);
};
