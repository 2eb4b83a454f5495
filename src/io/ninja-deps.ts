import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { createHash } from 'node:crypto';
import { errorCode } from './failure.ts';
import { hashFile } from './tree.ts';

const signature = '# ninjadeps\n';
/** Of ninja's log of dependencies: paths are written alike in both. */
const knownVersions = [3, 4];
const isDependencies = 0x8000_0000;
/** Behind each path stands its number, inverted. */
const checksumBytes = 4;

/**
 * Every path in ninja's log of dependencies (`.ninja_deps`), as the compiler named it; undefined when the log is of a form
 * that is not known. A record cut short by a crash ends it, as it does for ninja.
 */
export const parseNinjaDeps = (log: Buffer): readonly string[] | undefined => {
  const head = signature.length + 4;
  if (log.length < head || log.toString('latin1', 0, signature.length) !== signature) return undefined;
  if (!knownVersions.includes(log.readInt32LE(signature.length))) return undefined;
  const paths: string[] = [];
  for (let at = head; at + 4 <= log.length;) {
    const word = log.readUInt32LE(at);
    const sizeBytes = word % isDependencies;
    const end = at + 4 + sizeBytes;
    if (end > log.length || sizeBytes < checksumBytes) break;
    if (word < isDependencies) paths.push(log.toString('utf8', at + 4, end - checksumBytes).replace(/\0+$/, ''));
    at = end;
  }
  return paths;
};

/**
 * One digest of all files outside a directory that a ninja build there depends on, by name and bytes: headers of the system
 * and the compiler. Ninja compares times only, and a package brings headers that are older than what was compiled before.
 * The build may depend on nothing yet; undefined when its log cannot be read.
 */
export const digestOutside = async (build: string, within: string): Promise<string | undefined> => {
  let log: Buffer;
  try {
    log = await readFile(`${build}/.ninja_deps`);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? createHash('sha256').digest('hex') : undefined;
  }
  const paths = parseNinjaDeps(log);
  if (paths === undefined) return undefined;
  const outside = [...new Set(paths)].filter((path) => isAbsolute(path) && !path.startsWith(`${within}/`)).sort();
  const hash = createHash('sha256');
  for (const path of outside) hash.update(`${path}\0${await hashFile(path).catch(() => 'gone')}\0`);
  return hash.digest('hex');
};
