import type { Json } from './json.ts';

/** Longest line of a JSON file of this repository, as .prettierrc says. */
const lineWidth = 120;
const indentWidth = 2;

const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null;

/** `before` and `after` are the widths of what stands on the same line. */
const formatValue = (value: Json, depth: number, before: number, after: number): string => {
  if (isScalar(value)) return JSON.stringify(value);
  const inner = ' '.repeat((depth + 1) * indentWidth);
  const close = ' '.repeat(depth * indentWidth);
  if (Array.isArray(value)) {
    const count = value.length;
    const items = value.map((item: Json, index) =>
      formatValue(item, depth + 1, inner.length, index + 1 < count ? 1 : 0),
    );
    const line = `[${items.join(', ')}]`;
    if (value.every(isScalar) && before + line.length + after <= lineWidth) return line;
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${close}]`;
  }
  // Array.isArray does not take a readonly array away from the type.
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  const members = entries.map(([key, member], index) => {
    const name = `${inner}${JSON.stringify(key)}: `;
    return name + formatValue(member, depth + 1, name.length, index + 1 < entries.length ? 1 : 0);
  });
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${close}}`;
};

/**
 * JSON as the files of `recipes/` are written: two spaces, a list of plain values on one line when it fits, a final
 * newline. It is what the repository's prettier makes of it, so that a file written by a command needs no formatting.
 */
export const formatSource = (value: Json): string => `${formatValue(value, 0, 0, 0)}\n`;
