/** Options of every text report. */
export interface TextOptions {
  /** Colours, and characters beyond ASCII, only when a terminal wants them. */
  readonly color: boolean;
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Style = keyof typeof codes;

/** Text in a style, or as it is when there are no colours. */
export const paint = (text: string, style: Style, options: TextOptions): string =>
  options.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;

// eslint-disable-next-line no-control-regex -- these are what must not reach a terminal or a document
const terminalCodes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- as above
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text of a test without terminal codes and control characters (line feeds and tabs stay). */
export const stripControls = (text: string): string =>
  text.replace(/\r\n/g, '\n').replace(terminalCodes, '').replace(controls, '');

/** Text of a test for one line of a report: no control characters, and ASCII unless colours are on. */
export const printable = (text: string, options: TextOptions): string => {
  const clean = stripControls(text).replace(/[\n\t]+/g, ' ');
  if (options.color) return clean;
  return clean.replace(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
};

/** A count with a comma between thousands, whatever the locale: `4,426`. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 case`, `2 cases`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** Milliseconds as a person says them: `850 ms`, `12.3 s`, `2 min 5 s`. */
export const formatDuration = (durationMs: number): string => {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** A word for a POSIX shell, in quotes only where it needs them. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
