import { Parser, type ReadEntry } from 'tar';
import type { Failure } from '../model/failure.ts';
import { hasControlCharacters, isWithin, makeNameLedger, type NamedEntry } from './archive-names.ts';
import type { OpenFile, TreeWriter } from './archive-writer.ts';
import { ioFailure } from './failure.ts';

/** Bounds of what an archive may unpack to. */
export interface ArchiveLimits {
  /** Entries and the directories that they imply, wanted or not. */
  readonly entries: number;
  /** Bytes of the whole tar stream, and of the files in it. */
  readonly totalBytes: number;
}

/** Room for any CPython (6,000 entries, 120 MB) or AWS-LC (a Git checkout: 10,000, 400 MB); a bomb is far beyond. */
export const defaultArchiveLimits: ArchiveLimits = { entries: 200_000, totalBytes: 2 * 1024 ** 3 };

/** What stopped the reading. */
export type ReaderProblem = { readonly entry: string; readonly reason: string } | { readonly failure: Failure };

/** Reads a tar stream entry by entry, refuses what must not be, and hands what is under `root` to a writer. */
export interface ArchiveReader {
  readonly feed: (chunk: Buffer) => void;
  /** To be called when the stream has ended without a fault. */
  readonly end: () => void;
  readonly problem: () => ReaderProblem | undefined;
  /** The last entry that was begun. */
  readonly lastEntry: () => string;
  /** Closes a file that is still open because reading stopped in it. */
  readonly close: () => void;
  /** Entries and file bytes that were handed to the writer. */
  readonly written: () => { readonly entries: number; readonly bytes: number };
}

const kindOf = (type: string): NamedEntry['kind'] | undefined => {
  switch (type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return 'file';
    case 'Directory':
      return 'directory';
    case 'SymbolicLink':
      return 'symlink';
    case 'Link':
      return 'hardlink';
    default:
      return undefined;
  }
};

/**
 * What is wrong with an extended header, if anything. The parser skips records that it cannot read and cuts values at
 * a NUL, so a name there would silently become another one. A GNU long name is the bare text with a final NUL.
 */
const findMetaFault = (text: string): string | undefined => {
  if (!/^\d+ [^=\n]+=/.test(text)) {
    return hasControlCharacters(text.replace(/\0+$/, '')) ? 'a control character in a long name' : undefined;
  }
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    const length = Number(/^\d+(?= )/.exec(rest.toString('latin1', 0, 20))?.[0] ?? Number.NaN);
    if (!(length > 0) || length > rest.length || rest[length - 1] !== 0x0a) return 'a damaged extended header';
    const record = rest.toString('utf8', 0, length - 1);
    if (/^\d+ (?:link)?path=/.test(record) && hasControlCharacters(record)) return 'a control character in the name';
    if (/^\d+ GNU\.sparse\./.test(record)) return 'a sparse file';
    rest = rest.subarray(length);
  }
  return undefined;
};

/** Opens a reader; `root` is a name without `.` parts, `''` for the whole archive. */
export const makeArchiveReader = (root: string, writer: TreeWriter, limits: ArchiveLimits): ArchiveReader => {
  const ledger = makeNameLedger();
  let problem: ReaderProblem | undefined;
  let file: OpenFile | undefined;
  let entries = 0;
  let streamBytes = 0;
  let copiedBytes = 0;
  let ended = false;
  /** The entry at or before the place where something is wrong with the stream itself. */
  let last = '';
  const written = { entries: 0, bytes: 0 };
  const sizes = new Map<string, number>();

  const refuse = (entry: string, reason: string): void => {
    problem ??= { entry, reason };
  };
  /** Runs a piece of disk work; its system error is a failure of this machine, not of the archive. */
  const guard = (name: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      problem ??= { failure: ioFailure(error, name, 'unpack') };
    }
  };

  const closeFile = (): void => {
    const finished = file;
    file = undefined;
    if (finished !== undefined) guard(last, finished.close);
  };

  const admit = (entry: ReadEntry): { name: string; kind: NamedEntry['kind'] } | undefined => {
    const { type } = entry;
    const kind = kindOf(type);
    entries += 1;
    const refusal = ((): string | undefined => {
      if (kind === undefined) return `an entry of type ${type}`;
      if (((entry.mode ?? 0) & 0o7000) !== 0) return 'a setuid, setgid or sticky bit';
      if (Number.isNaN((entry.mtime ?? new Date(0)).getTime())) return 'a damaged time';
      if (streamBytes + copiedBytes + entry.size > limits.totalBytes) return `more than ${limits.totalBytes} bytes`;
      return undefined;
    })();
    if (kind === undefined || refusal !== undefined) {
      refuse(entry.path, refusal ?? '');
      return undefined;
    }
    const entered = ledger.enter({
      path: entry.path,
      kind,
      ...(entry.linkpath === undefined ? {} : { linkPath: entry.linkpath }),
    });
    if ('refusal' in entered) {
      refuse(entry.path, entered.refusal);
      return undefined;
    }
    if (Math.max(entries, ledger.count()) > limits.entries) {
      refuse(entry.path, `more than ${limits.entries} entries`);
      return undefined;
    }
    return { name: entered.name, kind };
  };

  const writeEntry = (entry: ReadEntry, name: string, kind: NamedEntry['kind']): void => {
    const inTree = name === root ? '' : root === '' ? name : name.slice(root.length + 1);
    const mtime = entry.mtime ?? new Date(0);
    if (inTree === '' && kind !== 'directory') {
      refuse(entry.path, 'the root of the source tree is no directory');
      return;
    }
    written.entries += 1;
    if (kind === 'directory') writer.addDirectory(inTree, mtime);
    else if (kind === 'symlink') writer.addSymlink(inTree, entry.linkpath ?? '', mtime);
    else if (kind === 'file') {
      file = writer.openFile(inTree, ((entry.mode ?? 0) & 0o111) !== 0, mtime);
      sizes.set(inTree, entry.size);
      written.bytes += entry.size;
    } else {
      // The ledger has made sure that the target is a file of this archive.
      const target = (entry.linkpath ?? '').split('/').filter((part) => part !== '' && part !== '.');
      const targetName = target.join('/');
      if (!isWithin(targetName, root)) {
        refuse(entry.path, 'a hard link that leaves the tree');
        return;
      }
      const of = root === '' ? targetName : targetName.slice(root.length + 1);
      const bytes = sizes.get(of) ?? 0;
      copiedBytes += bytes;
      if (streamBytes + copiedBytes > limits.totalBytes) {
        refuse(entry.path, `more than ${limits.totalBytes} bytes`);
        return;
      }
      sizes.set(inTree, bytes);
      written.bytes += bytes;
      writer.addCopy(inTree, of, mtime);
    }
  };

  const parser = new Parser({ strict: true });
  parser.on('error', (error: unknown) => {
    refuse(last, `damaged tar data: ${error instanceof Error ? error.message : String(error)}`);
  });
  parser.on('meta', (text: unknown) => {
    const fault = findMetaFault(String(text));
    if (fault !== undefined) refuse(last, fault);
  });
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    refuse(entry.path, entry.meta ? 'an extended header that is too long' : `an entry of type ${entry.type}`);
  });
  parser.on('eof', () => {
    ended = true;
  });
  parser.on('entry', (entry: ReadEntry) => {
    last = entry.path;
    const admitted = problem === undefined ? admit(entry) : undefined;
    if (admitted !== undefined && isWithin(admitted.name, root)) {
      guard(admitted.name, () => {
        writeEntry(entry, admitted.name, admitted.kind);
      });
    }
    entry.on('data', (chunk: Buffer) => {
      if (file !== undefined && problem === undefined) {
        guard(entry.path, () => file?.write(chunk));
      }
    });
    entry.on('end', closeFile);
  });

  return {
    feed: (chunk) => {
      streamBytes += chunk.length;
      if (streamBytes > limits.totalBytes) refuse(last, `more than ${limits.totalBytes} bytes`);
      if (problem === undefined) parser.write(chunk);
    },
    end: () => {
      if (problem === undefined) parser.end();
      if (problem !== undefined) return;
      const link = ledger.checkLinks(root);
      if (!ended) refuse(last, 'the end of the archive is missing');
      else if (link !== undefined) refuse(link.entry, link.refusal);
      else if (!ledger.isDirectory(root) || entries === 0) refuse(root, 'the archive has no such directory');
      else guard(root, writer.finish);
    },
    problem: () => problem,
    lastEntry: () => last,
    close: closeFile,
    written: () => written,
  };
};
