/** A bounded number of places to work in. */
export interface Slots {
  /** Waits for a free place, does the work there, and frees it. */
  readonly use: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Makes slots: at most `count` pieces of work at once, in the order in which they were asked for. */
export const makeSlots = (count: number): Slots => {
  let free = count;
  const waiting: (() => void)[] = [];
  const take = (): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    use: async (work) => {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
  };
};
