import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { probedSources, type CapabilityTexts } from '../plan/capabilities.ts';

/** Reads the sources of an AWS-LC tree that tell what no header does. Failure: `io-failed`, also when one is not there. */
export const readProbedSources = async (tree: string): Promise<Result<CapabilityTexts['sources']>> => {
  const texts = { hmac: '', groups: '', server: '' };
  for (const name of ['hmac', 'groups', 'server'] as const) {
    const path = join(tree, probedSources[name]);
    try {
      texts[name] = await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return fail(ioFailure(error, path, 'read'));
    }
  }
  return ok(texts);
};
