import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import type { Failure } from '../model/failure.ts';
import { errorCode, ioFailure } from './failure.ts';

/** How an archive is packed; plain `tar` is what `git archive` makes here. */
export type ArchiveFormat = 'tar' | 'tar.gz' | 'tar.xz';

/** Why a tar stream ended before its end: the archive's fault, or this machine's. */
export type StreamProblem = { readonly damage: string } | { readonly failure: Failure };

/** Yields a tar stream; returns what was wrong with it, if anything. Leaving it early ends its child. */
export type TarStream = AsyncGenerator<Buffer, StreamProblem | undefined>;

/** Memory that xz may use: its largest preset needs 65 MiB; a header can ask for 4 GiB. */
const xzMemoryLimit = '512MiB';

const readGzip = async function* (archive: string, packed: boolean): TarStream {
  const file = createReadStream(archive, { highWaterMark: 1 << 18 });
  const stream = packed ? file.pipe(createGunzip({ chunkSize: 1 << 18 })) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    // Both streams yield Buffers: no encoding is set.
    for await (const chunk of stream) yield chunk as Buffer;
    return undefined;
  } catch (error) {
    // zlib's own codes speak of the bytes, all others of the file.
    const code = errorCode(error);
    return code?.startsWith('Z_') === true
      ? { damage: `damaged gzip data (${code})` }
      : { failure: ioFailure(error, archive, 'read the archive') };
  } finally {
    file.destroy();
    stream.destroy();
  }
};

const readXz = async function* (archive: string, environment: Readonly<Record<string, string>>): TarStream {
  const child = execa('xz', ['--decompress', '--stdout', `--memlimit-decompress=${xzMemoryLimit}`, '--', archive], {
    env: environment,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    buffer: { stdout: false, stderr: true },
    maxBuffer: 1 << 20,
  });
  try {
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
    // A truncated archive's output ends like a whole one's until xz has said so.
    const result = await child;
    if (!result.failed) return undefined;
    if (result.code === 'ENOENT' || result.code === 'EACCES') {
      const next = 'Install the package xz-utils (apt) or xz (dnf, apk), or run `cpython-awslc doctor --fix`.';
      return { failure: { code: 'tool-missing', tool: 'xz', neededFor: 'unpack .tar.xz archives', next } };
    }
    const said = result.stderr.replaceAll(archive, 'the archive').trim();
    return { damage: `damaged xz data: ${said === '' ? `xz ended by ${result.signal ?? 'itself'}` : said}` };
  } finally {
    child.kill('SIGKILL');
    child.stdout.destroy();
    await child;
  }
};

/** Opens an archive's tar stream; `environment` is the whole environment of the child (its PATH finds `xz`). */
export const openTarStream = (
  archive: string,
  format: ArchiveFormat,
  environment: Readonly<Record<string, string>>,
): TarStream => (format === 'tar.xz' ? readXz(archive, environment) : readGzip(archive, format === 'tar.gz'));
