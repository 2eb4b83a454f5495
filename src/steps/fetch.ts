import { join } from 'node:path';
import { writeJsonAtomic } from '../io/files.ts';
import type { OriginContext } from '../io/origins/context.ts';
import { fetchArchive } from '../io/origins/fetch.ts';
import type { OriginAttempt } from '../model/failure.ts';
import type { Fetched } from '../model/fetched.ts';
import { ok } from '../model/result.ts';
import type { StepContext, StepFunction } from './context.ts';
import { fillPlaces } from './places.ts';

/** What origins need of a step's context. */
export const toOriginContext = (context: StepContext): OriginContext => ({
  downloadsDir: context.downloadsDir,
  offline: context.fetch.offline,
  mirrors: context.fetch.mirrors,
  callerEnvironment: context.fetch.callerEnvironment,
  askCache: context.fetch.askCache,
  signal: context.signal,
  progress: context.progress,
});

/**
 * Makes sure that the archives lie among the downloads with the right digests; `{tree}` gets a small `fetched.json`
 * that names them, not a second copy. The record says which origin gave the bytes and what the others said.
 */
export const fetchStep: StepFunction = async (step, context) => {
  const fetchedFiles: Fetched['files'] = [];
  const origins: string[] = [];
  const originsTried: OriginAttempt[] = [];
  for (const action of step.actions) {
    if (action.do !== 'fetch') throw new Error(`a fetch step does not ${action.do}`);
    const { archive } = action;
    const fetched = await fetchArchive(archive, toOriginContext(context));
    if (!fetched.ok) return fetched;
    fetchedFiles.push({ file: archive.file, sha256: archive.sha256, sizeBytes: fetched.value.sizeBytes });
    if (fetched.value.origin !== undefined) origins.push(fetched.value.origin);
    originsTried.push(...fetched.value.originsTried);
  }
  const output: Fetched = { version: 1, files: fetchedFiles };
  const written = await writeJsonAtomic(join(fillPlaces('{tree}', context), 'fetched.json'), output);
  if (!written.ok) return written;
  return ok({
    commands: [],
    // Nothing when the bytes lay here already: which origin gave them is not known any more.
    ...(origins.length === 0 ? {} : { origin: origins.join(', ') }),
    ...(originsTried.length === 0 ? {} : { originsTried }),
  });
};
