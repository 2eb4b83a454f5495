/** Markup that a page can hold as it is. `html` makes it, so that a text reaches a page escaped or not at all. */
export interface Markup {
  readonly markup: string;
}

export type MarkupValue = Markup | string | number | readonly Markup[];

/**
 * What a reader would not see, or would see at another place than it stands: control and format characters (bidi
 * overrides, zero-width ones, tags), line separators, lone surrogates, what fonts draw as nothing. Line feeds and tabs stay.
 */
const hidden =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** A hidden character as Python writes it: `\x1b`, `\u202e`, `\U000e0041`. */
const spell = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const [mark, width] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${mark}${code.toString(16).padStart(width, '0')}`;
};

const unify = (text: string): string => text.replaceAll('\r\n', '\n');

/** Nothing of it needs a look: most texts of a record are such. */
const isPlain = (text: string): boolean => !/[^\n\t\x20-\x7e]/.test(text);

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Text with every hidden character spelled out, for an attribute or a title. */
export const spellHidden = (text: string): string => (isPlain(text) ? text : unify(text).replace(hidden, spell));

/** The same for the body of a page, where what was spelled out is marked: it must not pass for a backslash of the text. */
const escapeBody = (text: string): string =>
  isPlain(text)
    ? escape(text)
    : escape(unify(text)).replace(hidden, (character) => `<span class="hid">${spell(character)}</span>`);

const render = (value: MarkupValue, isAttribute: boolean): string => {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return isAttribute ? escape(spellHidden(value)) : escapeBody(value);
  if ('markup' in value) return value.markup;
  return value.map(({ markup }) => markup).join('');
};

interface TemplatePart {
  readonly text: string;
  /** Whether the value behind it stands within the quotes of an attribute. */
  readonly endsInAttribute: boolean;
}

/** What is known of each template of the source, found once: a page uses some of them thousands of times. */
const templates = new WeakMap<TemplateStringsArray, readonly TemplatePart[]>();

const readTemplate = (parts: TemplateStringsArray): readonly TemplatePart[] => {
  let before = '';
  return parts.map((part) => {
    const text = part.replace(/\s*\n\s*/g, '\n');
    before += text;
    return { text, endsInAttribute: /="[^"]*$/.test(before) };
  });
};

/**
 * Markup from a template. A text is escaped, within the quotes of an attribute too; markup is taken as it is. How the source
 * breaks and indents the template's own lines does not reach the page.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup => {
  const template = templates.get(parts) ?? readTemplate(parts);
  templates.set(parts, template);
  return {
    markup: template
      .map(({ text, endsInAttribute }, index) => {
        const value = values[index];
        return value === undefined ? text : text + render(value, endsInAttribute);
      })
      .join(''),
  };
};

/** A dotted name that may be broken behind its dots. */
export const breakable = (text: string): Markup => ({ markup: escapeBody(text).replace(/\.(?=\S)/g, '.<wbr>') });

export const nothing: Markup = { markup: '' };

/** Puts a separator between pieces. */
export const joinMarkup = (pieces: readonly Markup[], separator: string): Markup => ({
  markup: pieces.map(({ markup }) => markup).join(escape(separator)),
});

/** The first characters of a text, so many code units at most: never half of a character. */
export const headOf = (text: string, maxChars: number): string =>
  text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '');

/** The text cut to so many characters, and how many were left out said. */
export const shorten = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text;
  const head = headOf(text, maxChars);
  return `${head} … (${text.length - head.length} more characters)`;
};

/** The last lines of a text, within so many lines and characters: the end of a traceback says what went wrong. */
export const keepEnd = (text: string, maxLines: number, maxChars: number): string => {
  const lines = unify(text).trimEnd().split('\n');
  const kept: string[] = [];
  let chars = 0;
  for (const line of lines.toReversed()) {
    const short = shorten(line, 500);
    if (kept.length === maxLines || (kept.length > 0 && chars + short.length > maxChars)) break;
    kept.push(short);
    chars += short.length + 1;
  }
  const left = lines.length - kept.length;
  return [...(left === 0 ? [] : [`… (${left} lines before these)`]), ...kept.toReversed()].join('\n');
};
