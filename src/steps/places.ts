import type { StepContext } from './context.ts';

/** What filling places needs to know. */
type Filling = Pick<StepContext, 'places' | 'environment' | 'jobs'>;

/** Fills the places of a text (`{work}/build`) with this machine's paths. A place that the step does not have is a bug. */
export const fillPlaces = (text: string, context: Omit<Filling, 'environment'>): string =>
  text.replace(/\{([a-z]+)\}/g, (whole, name: string) => {
    if (name === 'jobs') return String(context.jobs);
    const path = context.places[name];
    if (path === undefined) throw new Error(`no place ${whole} in this step`);
    return path;
  });

/** The plan's environment with places filled in. */
export const fillEnvironment = (
  context: Filling,
  added: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ ...context.environment, ...added }).map(([name, value]) => [name, fillPlaces(value, context)]),
  );

/** The other way: paths of this machine back to places, longest first, for what is recorded. */
export const hidePlaces = (text: string, context: StepContext): string =>
  Object.entries(context.places)
    .filter(([name]) => name !== 'path')
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce((hidden, [name, path]) => hidden.replaceAll(path, `{${name}}`), text);
