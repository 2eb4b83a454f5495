import { resolve } from 'node:path';
import { readHost, usableCores } from '../io/host.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { PatchReport } from '../model/patch-check.ts';
import { isOfVersion } from '../model/version.ts';
import { formatPatchReport, patchFailure } from '../report/patches.ts';
import { loadCatalogue, loadPatches } from '../run/data.ts';
import { openStore } from '../run/store.ts';
import { verifyPatches } from '../run/verify-patches.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { parseJobs, parseMirrors, type SelectionOptions } from './selection.ts';
import { cleanPath, locateStore } from './settings.ts';

/** Options of `patches verify`. */
export interface PatchesVerifyOptions extends Pick<
  SelectionOptions,
  'python' | 'catalogue' | 'store' | 'jobs' | 'offline' | 'mirror'
> {
  readonly json?: boolean;
}

/**
 * Applies every patch to every version of the catalogue that can be fetched, and says how each fits. Failures:
 * `patch-misfit` (exit 1) when one does not fit a version that it is for, `unknown-version`, `usage`, those of the store.
 */
export const runPatchesVerify = async (
  options: PatchesVerifyOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const mirrors = parseMirrors(options.mirror);
  const jobs = parseJobs(options.jobs, usableCores());
  if (!mirrors.ok || !jobs.ok) return [mirrors, jobs].flatMap((result) => (result.ok ? [] : result.error));
  const dir = options.catalogue === undefined ? undefined : resolve(context.cwd, options.catalogue);
  const [catalogue, patches] = await Promise.all([loadCatalogue(dir), loadPatches()]);
  if (!catalogue.ok) return [catalogue.error];
  if (!patches.ok) return [patches.error];
  const { entries } = catalogue.value.cpython;
  const asked = options.python;
  const unknown = (asked ?? []).filter((text) => !entries.some(({ version }) => isOfVersion(version, text)));
  if (unknown.length > 0) {
    const known = entries.map(({ version }) => version);
    return unknown.map((text) => ({ code: 'unknown-version', subject: 'CPython', asked: text, known }));
  }
  const chosen = entries.filter(
    ({ version, series }) =>
      patches.value.some((patch) => patch.series === series) &&
      (asked === undefined || asked.some((text) => isOfVersion(version, text))),
  );
  const path = cleanPath(context);
  const store = await openStore(locateStore(options.store, context));
  const host = await readHost({ env: { ...context.env, PATH: path }, signal: context.signal, native: false });
  if (!store.ok) return [store.error];
  if (!host.ok) return [host.error];
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const checks = await verifyPatches({
    entries: chosen,
    patches: patches.value,
    host: host.value,
    store: store.value,
    fetch: { offline: options.offline === true, mirrors: mirrors.value, callerEnvironment: context.env },
    path,
    jobs: jobs.value,
    signal: context.signal,
    listener: (event) => {
      display.listen(event);
    },
  });
  await display.close();
  if (!checks.ok) return [checks.error];
  const patched = [...new Set(patches.value.map(({ series }) => series))];
  const report: PatchReport = {
    version: 1,
    kind: 'patches',
    checks: [...checks.value],
    untried: asked === undefined ? patched.filter((one) => !entries.some(({ series }) => series === one)) : [],
  };
  context.out(options.json === true ? prettyJson(report) : formatPatchReport(report));
  const misfit = patchFailure(report);
  return misfit === undefined ? [] : [misfit];
};
