import { defineConfig } from 'vitest/config';

const project = (name: string, timeoutMs: number): object => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // The real tier shares one store and two cores: one file at a time.
    fileParallelism: name !== 'real',
  },
});

export default defineConfig({
  test: {
    // Most of them wait for programs and servers: more than one a core, however few cores there are.
    maxWorkers: 3,
    projects: [
      project('unit', 10_000),
      project('contract', 60_000),
      project('e2e', 60_000),
      project('real', 3_600_000),
    ],
  },
});
