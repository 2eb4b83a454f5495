// As much of YAML as workflows need: mappings, lists, texts and comments. Prettier gives it its final form.

/** A text with a comment behind it. */
export const commented = (text, comment) => ({ [Symbol.for('yaml comment')]: comment, text });
/** A mapping or list with a comment above it. */
const commentOf = (value) =>
  typeof value === 'object' && value !== null ? value[Symbol.for('yaml comment')] : undefined;

const isPlain = (text) =>
  /^[A-Za-z_./$][\w ./@$(){}<>=|&+*-]*$/.test(text) &&
  !/^(?:y|n|yes|no|on|off|true|false|null|~)$/i.test(text) &&
  !/\s$| #|: |[{}]/.test(text.replace(/\$\{\{[^{}]*\}\}/g, ''));

const scalar = (value) => {
  if (typeof value !== 'string') return JSON.stringify(value);
  return isPlain(value) ? value : JSON.stringify(value);
};

const indent = (text, by) => text.replace(/^(?=.)/gm, ' '.repeat(by));

const isMapping = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const toLines = (value) => {
  if (commentOf(value) !== undefined) return `${scalar(value.text)} # ${commentOf(value)}`;
  if (typeof value === 'string' && value.includes('\n')) return `|\n${indent(value.replace(/\n+$/, ''), 2)}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value.map((one) => `- ${indent(toLines(one), 2).trimStart()}`).join('\n');
  }
  if (!isMapping(value)) return scalar(value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return '{}';
  return entries
    .map(([key, member]) => {
      const text = toLines(member);
      const isBlock =
        (isMapping(member) || Array.isArray(member)) &&
        commentOf(member) === undefined &&
        !/^(?:\[\]|\{\})$/.test(text);
      return isBlock ? `${key}:\n${indent(text, 2)}` : `${key}: ${text}`;
    })
    .join('\n');
};

/** A document with lines of comment above it. */
export const toYaml = (value, head = []) =>
  `${head.map((line) => `# ${line}\n`.replace(/ +\n$/, '\n')).join('')}${toLines(value)}\n`;
