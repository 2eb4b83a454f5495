import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '../io/archive.ts';
import type { Archive, Capabilities } from '../model/catalogue.ts';
import { compareCodeUnits } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { readAwslcHeaders, readPythonVersion } from './source-facts.ts';

export interface ReadRequest {
  readonly path: string;
  readonly file: string;
  readonly format: Archive['format'];
  /** Absent or empty; the archive is unpacked there. */
  readonly into: string;
  /** The caller's PATH, absolute directories only. */
  readonly searchPath: string;
  readonly signal: AbortSignal;
}

/** What an archive says of itself. */
export interface ArchiveFacts {
  /** Where in the archive the source tree is. */
  readonly root: string;
  readonly version: string;
}

/** What a source tree of each kind has at its root. */
const marks = {
  cpython: ['Include/patchlevel.h', 'Lib', 'configure'],
  awslc: ['include/openssl/base.h', 'crypto', 'ssl'],
} as const;

/** A crate has the library one level below its own root. */
const deepestRoot = 2;

const refused = (file: string, entry: string, reason: string): Result<never> =>
  fail({ code: 'archive-refused', archive: file, entry, reason });

const hasAll = async (directory: string, names: readonly string[]): Promise<boolean> => {
  for (const name of names) {
    const there = await stat(join(directory, name)).then(
      () => true,
      () => false,
    );
    if (!there) return false;
  }
  return true;
};

/** The directory that looks like the source tree, relative to where the archive was unpacked. */
const findRoot = async (tree: string, kind: keyof typeof marks): Promise<string | undefined> => {
  let level: readonly string[] = [''];
  for (let depth = 0; depth <= deepestRoot; depth += 1) {
    const below: string[] = [];
    for (const directory of level) {
      if (directory !== '' && (await hasAll(join(tree, directory), marks[kind]))) return directory;
      const entries = await readdir(join(tree, directory), { withFileTypes: true });
      below.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name)));
    }
    level = below.sort(compareCodeUnits);
  }
  return undefined;
};

const unpack = async (request: ReadRequest, kind: keyof typeof marks): Promise<Result<string>> => {
  const extracted = await extractArchive({
    archive: request.path,
    format: request.format,
    root: '',
    into: request.into,
    subject: request.file,
    environment: { PATH: request.searchPath, LC_ALL: 'C.UTF-8' },
    signal: request.signal,
  });
  if (!extracted.ok) return extracted;
  const root = await findRoot(request.into, kind);
  return root === undefined ? refused(request.file, '', `no directory in it has ${marks[kind].join(', ')}`) : ok(root);
};

/** Unpacks what should be CPython, and reads its version. Failures: those of `extractArchive`. */
export const readCpython = async (request: ReadRequest): Promise<Result<ArchiveFacts>> => {
  const root = await unpack(request, 'cpython');
  if (!root.ok) return root;
  const entry = `${root.value}/Include/patchlevel.h`;
  const version = await readPythonVersion(join(request.into, root.value));
  return version === undefined
    ? refused(request.file, entry, 'it states no PY_VERSION')
    : ok({ root: root.value, version });
};

/** Unpacks what should be AWS-LC, and reads its version and capabilities from its headers. Failures: `tool-missing`, those of `extractArchive`. */
export const readAwslc = async (
  request: ReadRequest,
): Promise<Result<ArchiveFacts & { readonly capabilities: Capabilities }>> => {
  const root = await unpack(request, 'awslc');
  if (!root.ok) return root;
  const { searchPath: path, signal } = request;
  const facts = await readAwslcHeaders({ tree: join(request.into, root.value), path, signal });
  if (!facts.ok) return facts;
  const { version, capabilities } = facts.value;
  return version === undefined
    ? refused(request.file, `${root.value}/include/openssl/base.h`, 'it states no AWSLC_VERSION_NUMBER_STRING')
    : ok({ root: root.value, version, capabilities });
};
