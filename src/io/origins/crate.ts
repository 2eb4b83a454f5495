import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { Archive, Origin } from '../../model/catalogue.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { errorCode } from '../failure.ts';
import { listOnPath } from '../on-path.ts';
import { hashFile } from '../tree.ts';
import { askProgram, isCommandFailure, withEmptyDirectory } from './ask.ts';
import {
  describeOrigin,
  stop,
  unreachable,
  type FetchedFile,
  type OriginContext,
  type OriginProblem,
} from './context.ts';
import { takeFile } from './take.ts';

/** `cargo info` came with this version; it downloads one crate and nothing else. */
const neededCargo = [1, 82] as const;

const cargoHome = (context: OriginContext): string =>
  context.callerEnvironment['CARGO_HOME'] || join(context.callerEnvironment['HOME'] ?? homedir(), '.cargo');

/** Copies of the crate in cargo's cache, one per registry (or mirror of it) that cargo has used. */
const findCached = async (fileName: string, context: OriginContext): Promise<readonly string[]> => {
  const cache = join(cargoHome(context), 'registry', 'cache');
  const listed = async (directory: string): Promise<string[]> => {
    try {
      return (await readdir(directory)).sort();
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR' || errorCode(error) === 'EACCES') return [];
      throw error;
    }
  };
  const found: string[] = [];
  for (const registry of await listed(cache)) {
    if ((await listed(join(cache, registry))).includes(fileName)) found.push(join(cache, registry, fileName));
  }
  return found;
};

const hasDigest = async (path: string, sha256: string): Promise<boolean> => {
  try {
    return (await hashFile(path)) === sha256;
  } catch {
    // Unreadable, or gone since it was listed: cargo gets it anew.
    return false;
  }
};

/** The first cargo that can do `cargo info`, or what is wrong with those that are here. */
const findCargo = async (context: OriginContext): Promise<Result<string, OriginProblem>> => {
  // Debian 12's cargo package is too old; its cargo-web package installs a newer program of the same name.
  const candidates = context.programs?.cargo ?? [
    'cargo',
    join(cargoHome(context), 'bin', 'cargo'),
    ...(await listOnPath('cargo', context.callerEnvironment['PATH'])).slice(1),
  ];
  const old: string[] = [];
  for (const cargo of candidates) {
    const asked = await askProgram([cargo, '--version'], 'ask cargo for its version', '/', context);
    if (!asked.ok) {
      if (!isCommandFailure(asked.error) && asked.error.kind === 'stop') return fail(asked.error);
      continue;
    }
    const version = /^cargo (\d+)\.(\d+)\.\S+/.exec(asked.value.stdout);
    const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
    if (major > neededCargo[0] || (major === neededCargo[0] && minor >= neededCargo[1])) return ok(cargo);
    if (version !== null) old.push(version[0]);
  }
  const needed = `cargo ${neededCargo.join('.')} or newer`;
  return fail(
    unreachable(
      old.length === 0 ? `no cargo here (needs ${needed})` : `${old.join(', ')} is too old (needs ${needed})`,
    ),
  );
};

/** Puts a program's directory first on PATH: a cargo found behind rustup's shim needs the rustc beside it, not rustup's. */
const withProgramFirst = (program: string, context: OriginContext): OriginContext => {
  if (!isAbsolute(program)) return context;
  const { PATH } = context.callerEnvironment;
  const path = PATH === undefined ? dirname(program) : `${dirname(program)}:${PATH}`;
  return { ...context, callerEnvironment: { ...context.callerEnvironment, PATH: path } };
};

/** Why cargo could not get a crate, without the addresses in what it said. */
const readCargoFailure = (lines: readonly string[]): string => {
  const text = lines.join('\n');
  if (text.includes('could not find')) return 'cargo finds no such crate';
  if (/resolve host/i.test(text)) return 'host name not found';
  if (/timed? ?out|timeout/i.test(text)) return 'no answer in time';
  if (/failed to (?:download|get|query|fetch)|could not connect|connect error|network/i.test(text)) {
    return 'cargo could not download it';
  }
  return 'cargo info failed';
};

/**
 * Gets a crate's file through the machine's own cargo, or from its cache when it is there already. The crate's bytes
 * are what the registry serves, checked by our digest; nothing of it is compiled.
 */
export const fetchFromCrate = async (
  origin: Extract<Origin, { kind: 'crate' }>,
  archive: Archive,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  const name = describeOrigin(origin, archive);
  const fileName = `${origin.name}-${origin.version}.crate`;
  const pickRight = async (): Promise<string | undefined> => {
    for (const path of await findCached(fileName, context)) if (await hasDigest(path, archive.sha256)) return path;
    return undefined;
  };
  const cached = await pickRight();
  if (cached !== undefined) return takeFile(cached, name, archive, context);
  const cargo = await findCargo(context);
  if (!cargo.ok) return cargo;
  context.progress?.(`${archive.file}: through cargo`);
  // An empty directory: no Cargo.toml, .cargo/config.toml or rust-toolchain.toml of anybody's project.
  const asked = await withEmptyDirectory(undefined, (directory) =>
    askProgram(
      [cargo.value, 'info', '--color', 'never', `${origin.name}@${origin.version}`],
      `get ${fileName} through cargo`,
      directory,
      withProgramFirst(cargo.value, context),
    ),
  );
  if (!asked.ok) {
    if (!isCommandFailure(asked.error)) return fail(asked.error);
    const { lastLines } = asked.error;
    const checksum = lastLines.some((line) => line.includes('failed to verify the checksum'));
    if (checksum) {
      return fail(
        stop({
          code: 'digest-mismatch',
          subject: archive.file,
          origin: name,
          expected: archive.sha256,
          found: 'refused by cargo: not what the registry names',
        }),
      );
    }
    return fail(unreachable(readCargoFailure(lastLines)));
  }
  const right = (await pickRight()) ?? (await findCached(fileName, context))[0];
  return right === undefined
    ? fail(unreachable('cargo left no file in its cache'))
    : takeFile(right, name, archive, context);
};
