/** A log of dependencies as ninja 1.11 writes it: the first path is the output, which depends on the others. */
export const makeNinjaDeps = (paths: readonly string[]): Buffer => {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    return bytes;
  };
  const records = paths.map((path, id) => {
    const name = Buffer.from(path);
    const padded = Buffer.concat([name, Buffer.alloc((4 - (name.length % 4)) % 4)]);
    return Buffer.concat([word(padded.length + 4), padded, word(~id)]);
  });
  const ids = paths.map((_, id) => id);
  // Output, its time in two words, and what it depends on.
  const dependencies = [0, 0, 0, ...ids.slice(1)].map(word);
  const size = word(0x8000_0000 + dependencies.length * 4);
  return Buffer.concat([Buffer.from('# ninjadeps\n'), word(4), ...records, size, ...dependencies]);
};
