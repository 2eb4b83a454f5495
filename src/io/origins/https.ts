import type { Archive, Origin } from '../../model/catalogue.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { downloadFile } from '../download.ts';
import {
  describeOrigin,
  isFinal,
  stop,
  unreachable,
  type FetchedFile,
  type OriginContext,
  type OriginProblem,
} from './context.ts';

/** A URL after the mirrors: the longest `from` that begins it is replaced by its `to`. */
export const rewriteUrl = (url: string, mirrors: OriginContext['mirrors']): string => {
  const mirror = mirrors
    .filter(({ from }) => from !== '' && url.startsWith(from))
    .sort((a, b) => b.from.length - a.from.length)[0];
  return mirror === undefined ? url : `${mirror.to}${url.slice(mirror.from.length)}`;
};

const bytesText = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Downloads the archive from upstream, or from the mirror that `--mirror` names for it. */
export const fetchFromHttps = async (
  origin: Extract<Origin, { kind: 'https' }>,
  archive: Archive,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  const name = describeOrigin(origin, archive);
  const downloaded = await downloadFile({
    url: rewriteUrl(origin.url, context.mirrors),
    subject: archive.file,
    origin: name,
    sha256: archive.sha256,
    sizeBytes: archive.sizeBytes,
    directory: context.downloadsDir,
    environment: context.callerEnvironment,
    ...(context.download === undefined ? {} : { policy: context.download }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    onProgress: ({ receivedBytes, totalBytes, bytesPerSecond }) => {
      const rate = `${bytesText(bytesPerSecond)}/s`;
      context.progress?.(`${archive.file}: ${bytesText(receivedBytes)} of ${bytesText(totalBytes)}, ${rate}`);
    },
    onRetry: (reason, waitMs) => {
      context.progress?.(`${archive.file}: ${reason}; again in ${(waitMs / 1000).toFixed(1)} s`);
    },
  });
  if (downloaded.ok) return ok({ path: downloaded.value.path, sizeBytes: downloaded.value.sizeBytes });
  const { error } = downloaded;
  if (isFinal(error)) return fail(stop(error));
  // The failure's URL may name a private mirror; its reason names no host.
  return fail(unreachable(error.code === 'download-failed' ? error.reason : error.code));
};
