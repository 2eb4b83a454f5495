import { constants } from 'node:fs';
import { copyFile, open, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Archive } from '../../model/catalogue.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { ioFailure } from '../failure.ts';
import { hashFile } from '../tree.ts';
import { stop, type FetchedFile, type OriginContext, type OriginProblem } from './context.ts';

/**
 * Takes a file that a program of the machine fetched, or that lies here already, into the downloads directory: copied
 * under a temporary name, hashed, synced, renamed. The source is left alone. Wrong bytes stop everything.
 */
export const takeFile = async (
  source: string,
  origin: string,
  archive: Pick<Archive, 'file' | 'sha256'>,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  const temporary = join(context.downloadsDir, `.${archive.sha256}.${randomUUID()}.tmp`);
  const path = join(context.downloadsDir, archive.sha256);
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    const { size: sizeBytes } = await stat(temporary);
    // The copy is what is hashed: the source may change under us.
    const found = await hashFile(temporary);
    if (found !== archive.sha256) {
      return fail(stop({ code: 'digest-mismatch', subject: archive.file, origin, expected: archive.sha256, found }));
    }
    const handle = await open(temporary, 'r+');
    try {
      await handle.chmod(0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    return ok({ path, sizeBytes });
  } catch (error) {
    return fail(stop(ioFailure(error, source, 'take')));
  } finally {
    await rm(temporary, { force: true });
  }
};
