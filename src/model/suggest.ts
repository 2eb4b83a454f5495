/** Edit distance (Levenshtein), in UTF-16 code units. */
const measureDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      current.push(
        Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + cost),
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/** The known word that was most likely meant: at most two letters wrong, one in a short word, whatever the case. */
export const suggestWord = (asked: string, known: readonly string[]): string | undefined => {
  const [best] = known
    .map((word) => ({ word, distance: measureDistance(asked.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= (asked.length <= 3 ? 1 : 2) ? best.word : undefined;
};
