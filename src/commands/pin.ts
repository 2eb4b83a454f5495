import { join, resolve } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { PinReport } from '../model/pin.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { formatPin } from '../report/pin.ts';
import { quoteWord } from '../report/text.ts';
import { loadCatalogue, recipesDir } from '../run/data.ts';
import { describeSubject, findPinDigests, pinVersion, type PinRequest } from '../run/pin.ts';
import { writeRoster } from '../run/pin-roster.ts';
import { runSession } from '../run/session.ts';
import { openStore } from '../run/store.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { checkToolchain, openSelection } from './open.ts';
import { parsePin, type PinOptions } from './pin-options.ts';
import { parseMirrors } from './selection.ts';
import { cleanPath, locateStore, readToolVersion } from './settings.ts';

/** The same command with a digest, for whoever has compared it. */
const repeatWith = (what: string, version: string, options: PinOptions, sha256: string): string => {
  const { url, debian, crate, line, catalogue, store } = options;
  const given = Object.entries({ url, debian, crate, line, catalogue, store, sha256 });
  const mirrors = (options.mirror ?? []).flatMap((mirror) => ['--mirror', quoteWord(mirror)]);
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, quoteWord(value)]));
  return ['cpython-awslc', 'pin', what, version, ...words, ...mirrors].join(' ');
};

/** Without a digest nothing is pinned: what was found is said, for a person to compare with what upstream publishes. */
const refuseWithoutDigest = async (
  request: Omit<PinRequest, 'sha256'>,
  repeat: (sha256: string) => string,
): Promise<Failure> => {
  const name = describeSubject(request.subject);
  const ask = 'Find the digest where upstream publishes it, and give it by --sha256.';
  if (request.fetch.offline) {
    return { code: 'usage', message: `${name} is new here: its digest must be named.`, next: ask };
  }
  const found = await findPinDigests(request);
  if (!found.ok) return found.error;
  const lines = found.value.map(({ origin, sha256, reason }) =>
    sha256 === undefined ? `  ${origin}: ${reason ?? ''}` : `  ${origin} has sha256 ${sha256}`,
  );
  const digests = new Set(
    found.value.flatMap(({ sha256 }) => (/^[0-9a-f]{64}$/.test(sha256 ?? '') ? [sha256 ?? ''] : [])),
  );
  const [first, second] = digests;
  const next =
    first === undefined
      ? ask
      : second === undefined
        ? `Compare it with what upstream publishes; then repeat:\n    ${repeat(first)}`
        : 'They differ: these are not the same archive.';
  return { code: 'usage', message: `${name} is new here: its digest must be named.\n${lines.join('\n')}`, next };
};

/** Builds the version on the default recipe's AWS-LC, and lists its cases. */
const makeRosterOf = async (
  version: string,
  options: PinOptions,
  context: CommandContext,
): Promise<Result<string, readonly Failure[]>> => {
  const { store, offline, mirror } = options;
  const opened = await openSelection(
    {
      recipe: 'default',
      python: [version],
      ...(store === undefined ? {} : { store }),
      ...(offline === undefined ? {} : { offline }),
      ...(mirror === undefined ? {} : { mirror }),
    },
    context,
  );
  if (!opened.ok) return opened;
  const lacking = await checkToolchain(opened.value, 'build');
  if (lacking.length > 0) return fail(lacking);
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const session = await runSession({
    ...opened.value,
    stage: 'build',
    command: 'pin',
    version: readToolVersion(),
    rerun: false,
    signal: context.signal,
    listener: display.listen,
  });
  await display.close();
  const prefix = session.cells[0]?.prefix;
  if (session.failures.length > 0 || prefix === undefined) return fail(session.failures);
  const file = await writeRoster({
    prefix,
    version,
    store: opened.value.store,
    searchPath: opened.value.path,
    signal: context.signal,
  });
  return file.ok ? ok(`recipes/rosters/${version}.json`) : fail([file.error]);
};

/**
 * Puts a version into the catalogue: fetched through every origin that is named, held to a digest, unpacked and read. Nothing
 * is changed when anything is not as asked. With `--roster` a CPython is built and its cases are listed.
 */
export const runPin = async (
  what: string,
  version: string,
  options: PinOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const catalogueDir =
    options.catalogue === undefined ? join(recipesDir, 'catalogue') : resolve(context.cwd, options.catalogue);
  const catalogue = await loadCatalogue(catalogueDir);
  if (!catalogue.ok) return [catalogue.error];
  const parsed = parsePin(what, version, options, catalogue.value);
  const mirrors = parseMirrors(options.mirror);
  if (!parsed.ok || !mirrors.ok) return [parsed, mirrors].flatMap((result) => (result.ok ? [] : result.error));
  const store = await openStore(locateStore(options.store, context));
  if (!store.ok) return [store.error];
  const { sha256, ...selection } = parsed.value;
  const id = `pin-${what}`;
  const title = `pin ${describeSubject(selection.subject)}`;
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const request = {
    ...selection,
    catalogueDir,
    store: store.value,
    searchPath: cleanPath(context),
    fetch: {
      offline: options.offline === true,
      mirrors: mirrors.value,
      callerEnvironment: context.env,
      progress: (text: string): void => {
        display.listen({ type: 'step-progress', id, text });
      },
    },
    signal: context.signal,
  };
  display.listen({ type: 'run-started', steps: [{ id, title }] });
  display.listen({ type: 'step-started', id, title });
  const startedAt = performance.now();
  const pinned =
    sha256 === undefined
      ? fail(await refuseWithoutDigest(request, (digest) => repeatWith(what, version, options, digest)))
      : await pinVersion({ ...request, sha256 });
  const durationMs = Math.round(performance.now() - startedAt);
  if (pinned.ok) display.listen({ type: 'step-finished', id, title, outcome: 'done', durationMs });
  else display.listen({ type: 'step-failed', id, title, failure: pinned.error });
  display.listen({ type: 'run-finished' });
  await display.close();
  if (!pinned.ok) return [pinned.error];
  const roster = options.roster === true ? await makeRosterOf(version, options, context) : undefined;
  const report: PinReport = {
    version: 1,
    kind: 'pin',
    subject: selection.subject.kind,
    ...pinned.value,
    ...(roster?.ok === true ? { roster: roster.value } : {}),
  };
  context.out(options.json === true ? prettyJson(report) : formatPin(report));
  return roster?.ok === false ? roster.error : [];
};
