/** A pattern in which `*` stands for any text (also none) and everything else for itself, ready to be asked often. */
export const compilePattern = (pattern: string): ((id: string) => boolean) => {
  if (!pattern.includes('*')) return (id) => pattern === id;
  const literals = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  const expression = new RegExp(`^${literals.join('.*')}$`, 's');
  return (id) => expression.test(id);
};

/** Whether an id matches a pattern of `compilePattern`. */
export const matchesPattern = (pattern: string, id: string): boolean => compilePattern(pattern)(id);

/** Whether some id matches both patterns. */
export const patternsOverlap = (a: string, b: string): boolean => {
  // reachable[j]: the text so far can have consumed a[0..i) and b[0..j). A star may consume nothing (step over it) or one
  // more character of the other side (stay on it).
  let reachable = new Set([0]);
  const closeOverStars = (positions: Set<number>): Set<number> => {
    for (const position of positions) if (b[position] === '*') positions.add(position + 1);
    return positions;
  };
  closeOverStars(reachable);
  for (const character of a) {
    const next = new Set<number>();
    if (character === '*') {
      const smallest = Math.min(...reachable);
      for (let position = smallest; reachable.size > 0 && position <= b.length; position += 1) next.add(position);
    } else {
      for (const position of reachable) {
        if (b[position] === '*') next.add(position);
        else if (b[position] === character) next.add(position + 1);
      }
    }
    reachable = closeOverStars(next);
  }
  return reachable.has(b.length);
};

const escapeClass = (body: string): string => body.replace(/[\\\]^]/g, '\\$&');

/** Python's fnmatch as a regular expression: `*`, `?`, `[abc]`, `[!abc]`. */
const compileFnmatch = (pattern: string): RegExp => {
  const source = pattern.replace(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (token, not: string, body: string) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length > 1) return `[${not === '!' ? '^' : ''}${escapeClass(body)}]`;
    return token.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    // A reversed range as [z-a]: fnmatch lets it match nothing.
    return /^(?!)/;
  }
};

/**
 * Whether `--match` selects a case, by regrtest's rule (`Lib/test/libregrtest/filter.py`): a pattern matches the whole id
 * or one of its parts between dots. No patterns select everything.
 */
export const isCaseSelected = (id: string, match: readonly string[]): boolean => {
  if (match.length === 0) return true;
  const expressions = match.map(compileFnmatch);
  return [id, ...id.split('.')].some((part) => expressions.some((expression) => expression.test(part)));
};

/** Whether the selected files include one: a package (`test_asyncio`) includes its files (`test_asyncio.test_ssl`). No selection includes all. */
export const isFileSelected = (file: string, files: readonly string[]): boolean =>
  files.length === 0 || files.some((selected) => file === selected || file.startsWith(`${selected}.`));
