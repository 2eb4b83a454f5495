import { fileURLToPath } from 'node:url';
import { toolchainKnowledgeSchema, type ToolchainKnowledge } from '../model/knowledge.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { readJson } from './files.ts';

/** Where the knowledge lies; the same distance from src/io and from dist/io. */
const knowledgeFile = fileURLToPath(new URL('../../recipes/knowledge/toolchain.json', import.meta.url));

/** Reads recipes/knowledge/toolchain.json, or the file given. Failure: `file-invalid`, also when it is missing. */
export const readToolchainKnowledge = async (file = knowledgeFile): Promise<Result<ToolchainKnowledge>> => {
  const read = await readJson(toolchainKnowledgeSchema, file);
  if (read.ok) return ok(read.value);
  const { error } = read;
  return fail({
    code: 'file-invalid',
    what: 'knowledge',
    file,
    problems:
      error.kind === 'invalid'
        ? error.problems
        : [{ path: '$', message: error.kind === 'absent' ? 'the file is missing' : error.reason }],
  });
};
