import { compareCodeUnits } from '../model/json.ts';

/** A text of this machine and what stands for it in anything that is meant to be compared: a directory, a host name. */
export interface Redaction {
  readonly text: string;
  readonly placeholder: string;
}

/**
 * Takes this machine out of a traceback: the given texts, the built Python's place, temporary and home directories.
 * The rest stays as it is.
 */
export const redactText = (text: string, redactions: readonly Redaction[] = []): string =>
  [...redactions]
    // The longest first: a work directory lies in the store, and must not become `{store}/…` by halves.
    .sort((a, b) => b.text.length - a.text.length)
    .filter((redaction) => redaction.text !== '')
    .reduce((result, { text: found, placeholder }) => result.replaceAll(found, placeholder), text)
    .replace(/(?<![\w}])\/[^\s"'<>:]*?\/lib(?:64)?\/(?=python3\.\d+)/g, '{python}/lib/')
    .replace(/(?<![\w}])\/(?:var\/)?tmp\/[^\s"'<>:,)]+/g, '{tmp}')
    .replace(/(?<![\w}])\/(?:root|home\/[^\s"'<>:/]+)(?=[/\s"'<>:,)]|$)/g, '{home}');

/** Takes the place of a store out of a text, whichever machine's it is: what lies in one is known by its layout. */
export const redactPlaces = (text: string): string =>
  text.replace(
    // Behind -I and its like there is no blank.
    /(?:(?<![\w}])|(?<=-[A-Z]))\/[^\s"'<>:=,]*?\/v1\/(?=(?:downloads|steps|work|kept|runs|answers|locks|tmp)(?:[/\s"'<>:,)]|$))/g,
    '{store}/v1/',
  );

/** The last line of a text that is not empty, trimmed. */
export const lastLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '') ?? '';

/**
 * What a failure says, to be compared with another run's: its reason and the lines that follow it at the end of the
 * traceback. Their order is not looked at: a set's elements come in another order in every process.
 */
export const comparableWords = (reason: string, details = ''): string => {
  const lines = details.split('\n').map((line) => line.trim());
  const from = lines.lastIndexOf(reason.trim());
  const message = (from < 0 ? [lastLine(details)] : lines.slice(from + 1)).filter((line) => line !== '');
  return [normalizeMessage(reason), ...message.map(normalizeMessage).sort(compareCodeUnits)].join('\n');
};

/**
 * A message without what differs between two runs of the same thing: addresses, ports, process numbers, temporary names,
 * line numbers in C sources.
 */
export const normalizeMessage = (text: string): string =>
  redactText(text)
    .replace(/\b0x[0-9a-fA-F]+(?:\.\.\.)?/g, '0x')
    .replace(/\.c:\d+/g, '.c')
    .replace(/\bline \d+/g, 'line')
    .replace(/(?<=['"]\s*, )\d{4,5}(?=[,)])/g, 'PORT')
    .replace(/(?<=(?:127\.0\.0\.1|localhost|\]):)\d{1,5}\b/g, 'PORT')
    .replace(/\b(pid|fd|port|thread)([ =:]+)\d+/gi, '$1$2N')
    .replace(/\s+/g, ' ')
    .trim();
