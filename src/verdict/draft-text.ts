/** AWS-LC's reason in a Python error: `[SSL: CERTIFICATE_VERIFY_FAILED]`. */
const reasonCode = /\[[A-Z][A-Z0-9_]*: [A-Z][A-Z0-9_ ]*\]/;

/** What another run of the same thing would say otherwise: addresses, places, ports, times, names made up by the run. */
const volatile =
  /0x[0-9a-fA-F]+|\(?\b\w+\.c:\d+\)?|\b[lL]ine \d+|\{(?:python|tmp|home|prefix|store)\}[^\s'",)]*|(?<![\w:.])(?:\/[\w.@+-]+){2,}|@?test_\w*\d{3,}\w*|\b\d+\.\d{3,}\b|\b\d{5,}\b/g;

/** Fewer letters than this would match nearly everything. */
const fewestLetters = 5;
const mostCharacters = 120;

const countLetters = (text: string): number => text.replace(/[^A-Za-z]/g, '').length;

const shorten = (text: string): string => {
  if (text.length <= mostCharacters) return text;
  const cut = text.slice(0, mostCharacters);
  const blank = cut.lastIndexOf(' ');
  return blank > mostCharacters / 2 ? cut.slice(0, blank) : cut;
};

/**
 * The part of a failure's last line, or of a skip's reason, that another run of the same thing says again: AWS-LC's reason
 * code where there is one, else the longest piece between addresses, places, numbers and names that the run made up.
 * Contained in the text as it stands; empty when the text has nothing to hold on to.
 */
export const findStableText = (text: string): string => {
  const code = reasonCode.exec(text)?.[0];
  if (code !== undefined) return code;
  const pieces = text
    .split('\n')
    .flatMap((line) => {
      const parts = line.split(volatile);
      // What stood around a piece that is left out goes with it: a quote, an opening bracket.
      return parts.length === 1 ? [line.trim()] : parts.map((part) => part.replace(/^[\s'"(<:,]+|[\s'"(<:,]+$/g, ''));
    })
    .filter((piece) => piece !== '');
  const [longest = ''] = [...pieces].sort((a, b) => b.length - a.length);
  if (countLetters(longest) >= fewestLetters) return shorten(longest);
  const [first = ''] = text.split('\n');
  return shorten(first.trim());
};
