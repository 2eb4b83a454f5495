import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { extractArchive } from '../io/archive.ts';
import { errorCode, ioFailure } from '../io/failure.ts';
import { hashFile } from '../io/tree.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { StepFunction } from './context.ts';
import { fillEnvironment, fillPlaces } from './places.ts';

/**
 * Compares a download with the digest that is its name: it is checked again by whoever consumes it. A damaged one is
 * removed, so that the fetch step gets it anew.
 */
const verifyDownload = async (path: string): Promise<Result<void>> => {
  const expected = basename(path);
  const damaged = (found: string): Result<void> =>
    fail({ code: 'store-damaged', path, expected: `sha256 ${expected}`, found });
  try {
    const found = await hashFile(path);
    if (found === expected) return ok(undefined);
    await rm(path);
    return damaged(`sha256 ${found}`);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? damaged('no file') : fail(ioFailure(error, path, 'read the download'));
  }
};

/** Unpacks archives that lie among the downloads (`{downloads}/<sha256>`) into `{tree}`, each one's digest checked first. */
export const unpackStep: StepFunction = async (step, context) => {
  const placed = { ...context, places: { ...context.places, downloads: context.downloadsDir } };
  for (const action of step.actions) {
    if (action.do !== 'unpack') throw new Error(`an unpack step does not ${action.do}`);
    const archive = fillPlaces(action.archive, placed);
    const verified = await verifyDownload(archive);
    if (!verified.ok) return verified;
    const extracted = await extractArchive({
      archive,
      format: action.format,
      root: action.root,
      into: fillPlaces(action.into, placed),
      subject: action.root,
      environment: fillEnvironment(context),
      signal: context.signal,
    });
    if (!extracted.ok) return extracted;
  }
  return ok({ commands: [] });
};
