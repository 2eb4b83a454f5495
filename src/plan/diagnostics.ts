import type { Missing, MissingKind } from '../model/compat.ts';

/** One error line of gcc or clang: `FILE:LINE:COLUMN: error: TEXT`, or `fatal error`. */
const errorLine = /^(.+?):(\d+)(?::\d+)?: (?:fatal )?error: (.+)$/;

/** Texts of gcc and clang that name what is missing, in either kind of quotes. A name in the first group. */
const named: readonly (readonly [kind: MissingKind, pattern: RegExp])[] = [
  ['function', /implicit declaration of function ['‘](\w+)['’]/],
  ['function', /call to undeclared (?:library )?function '(\w+)'/],
  ['name', /['‘](\w+)['’] undeclared/],
  ['name', /use of undeclared identifier '(\w+)'/],
  ['type', /unknown type name ['‘](\w+)['’]/],
  ['type', /incomplete (?:definition of )?type(?:def)? ['‘](?:struct |union )?(\w+)['’]/],
  ['header', /^([\w./-]+\.h): No such file or directory/],
  ['header', /^'([\w./-]+\.h)' file not found/],
  ['arguments', /too (?:few|many) arguments to function ['‘](\w+)['’]/],
  ['arguments', /passing argument \d+ of ['‘](\w+)['’] from incompatible pointer type/],
  ['arguments', /conflicting types for ['‘](\w+)['’]/],
];

/** `S.M` for a member that a structure lacks: mostly one that CPython defines only when AWS-LC has something else. */
const nameMember = (text: string): string | undefined => {
  const gcc = /^['‘](?:struct )?(\w+)['’](?: \{aka .+\})? has no member named ['‘](\w+)['’]/.exec(text);
  if (gcc !== null) return `${gcc[1] ?? ''}.${gcc[2] ?? ''}`;
  const clang = /no member named '(\w+)' in '(?:struct )?(\w+)'/.exec(text);
  return clang === null ? undefined : `${clang[2] ?? ''}.${clang[1] ?? ''}`;
};

const nameIt = (text: string): Pick<Missing, 'name' | 'kind'> | undefined => {
  for (const [kind, pattern] of named) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined) return { name, kind };
  }
  const member = nameMember(text);
  return member === undefined ? undefined : { name: member, kind: 'member' };
};

/** The compiler's words without the option that made them an error. */
const withoutOption = (text: string): string => text.replace(/ \[-W[^\]]*\]$/, '');

/**
 * What a compiler's output says is missing, each name once, in the order in which it was met. An error without a name (a
 * pointer made from the result of an undeclared function, mostly) is told only when no other error explains it: then it
 * stands for itself with the text as its name.
 */
export const readMissing = (output: string): readonly Missing[] => {
  const errors = output.split('\n').flatMap((line) => {
    const [, file, row, text] = errorLine.exec(line) ?? [];
    if (file === undefined || row === undefined || text === undefined) return [];
    return [{ where: `${file.replace(/^.*\//, '')}:${row}`, text: withoutOption(text) }];
  });
  const missing = new Map<string, Missing>();
  for (const { where, text } of errors) {
    const found = nameIt(text);
    if (found !== undefined && !missing.has(found.name)) missing.set(found.name, { ...found, where, text });
  }
  if (missing.size > 0) return [...missing.values()];
  return errors.map(({ where, text }) => ({ name: text, kind: 'other', where, text }));
};
