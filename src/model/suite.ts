import * as z from 'zod';

/** What happened to one case, from the driver's events. */
export const outcomeSchema = z.enum(['pass', 'fail', 'error', 'skip', 'expected-failure', 'unexpected-success']);
export type Outcome = z.infer<typeof outcomeSchema>;

const details = { reason: z.string().optional(), details: z.string().optional() };

/** How the reason of a death says which case was running. */
export const whileRunning = (id: string): string => `while running ${id}`;

/** One line that the driver writes and flushes. A case without `end` never ended. */
export const suiteEventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('begin'),
    version: z.literal(1),
    file: z.string(),
    python: z.string(),
    pid: z.int(),
  }),
  /** The file could not be imported, or skipped itself as a whole. */
  z.strictObject({
    event: z.literal('import'),
    file: z.string(),
    outcome: z.enum(['ok', 'skip', 'error']),
    ...details,
  }),
  /** Every case id that the loader found and that will be started, in order. */
  z.strictObject({ event: z.literal('collect'), file: z.string(), ids: z.array(z.string()) }),
  z.strictObject({ event: z.literal('start'), id: z.string() }),
  /** `params` as unittest prints them, `(i=1)`; the case id of a subtest is `id params`. */
  z.strictObject({
    event: z.literal('subtest'),
    id: z.string(),
    params: z.string(),
    outcome: outcomeSchema,
    ...details,
  }),
  z.strictObject({
    event: z.literal('end'),
    id: z.string(),
    outcome: outcomeSchema,
    durationMs: z.number(),
    ...details,
  }),
  /** setUpClass, tearDownClass, setUpModule, tearDownModule that failed or skipped: `scope` is a class or module id. */
  z.strictObject({
    event: z.literal('fixture'),
    scope: z.string(),
    fixture: z.string(),
    outcome: z.enum(['fail', 'error', 'skip']),
    ...details,
  }),
  z.strictObject({ event: z.literal('done'), file: z.string(), started: z.int(), durationMs: z.number() }),
]);
export type SuiteEvent = z.infer<typeof suiteEventSchema>;

/** Facts of a run that manifest conditions can ask for. */
export const environmentFactsSchema = z.strictObject({
  arch: z.string(),
  libc: z.string(),
  emulated: z.boolean(),
  network: z.boolean(),
  ipv6: z.boolean(),
  root: z.boolean(),
  resources: z.array(z.string()),
  // Absent in results from before they were gathered: then no condition on them holds.
  /** What `regrtest -M` granted to cases that need much memory; 0 when nothing was. */
  memoryLimitBytes: z.number().optional(),
  /** Local time is UTC. */
  timeZoneUtc: z.boolean().optional(),
  /** The environment's locale is C, POSIX or C.UTF-8. */
  cLocale: z.boolean().optional(),
});
export type EnvironmentFacts = z.infer<typeof environmentFactsSchema>;

/** Raw results of one pass over a set of files or cases. */
export const suiteRunSchema = z.strictObject({
  pass: z.enum(['first', 'retest', 'twin']),
  events: z.array(suiteEventSchema),
  /** Processes that the tool had to end, or that ended by a signal: file and reason. */
  deaths: z.array(z.strictObject({ file: z.string(), reason: z.string() })),
});
export type SuiteRun = z.infer<typeof suiteRunSchema>;
