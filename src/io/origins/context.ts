import type { Archive, Origin } from '../../model/catalogue.ts';
import type { Failure } from '../../model/failure.ts';
import { unreachable as unreachableCase, type Result } from '../../model/result.ts';
import type { DownloadPolicy } from '../download-policy.ts';
import type { CallerEnvironment } from '../download-transport.ts';

/** Programs of the machine that origins ask, by name or path; tests put their own in place. */
export interface OriginPrograms {
  readonly aptGet: string;
  readonly aptHelper: string;
  /** The first that can do `cargo info` is taken. */
  readonly cargo: readonly string[];
  readonly git: string;
}

/** How bytes are got, whatever the origin. */
export interface OriginContext {
  /** Where verified downloads lie, named by their sha256. */
  readonly downloadsDir: string;
  readonly offline: boolean;
  readonly mirrors: readonly { readonly from: string; readonly to: string }[];
  readonly callerEnvironment: CallerEnvironment;
  /** Asks a remote cache before any origin: the path below the directory, or nothing when it has no such bytes. */
  readonly askCache?: ((archive: Archive, directory: string) => Promise<Result<string | undefined>>) | undefined;
  readonly programs?: Partial<OriginPrograms>;
  readonly download?: Partial<DownloadPolicy>;
  readonly signal?: AbortSignal;
  /** A short line for the display. */
  readonly progress?: (text: string) => void;
}

/** A file that an origin gave, with the right digest and under its final name. */
export interface FetchedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Why an origin gave nothing: the next one may, or nothing else may be tried. */
export type OriginProblem =
  { readonly kind: 'unreachable'; readonly reason: string } | { readonly kind: 'stop'; readonly failure: Failure };

/** An origin that cannot serve here and now. The reason names no host. */
export const unreachable = (reason: string): OriginProblem => ({ kind: 'unreachable', reason });

/** What no other origin can mend: wrong bytes, a full disk, an interruption. */
export const stop = (failure: Failure): OriginProblem => ({ kind: 'stop', failure });

/** The failures after which no other origin is tried. */
export const isFinal = (failure: Failure): boolean =>
  ['digest-mismatch', 'disk-full', 'io-failed', 'interrupted'].includes(failure.code);

const lastPart = (path: string): string => path.replace(/[/#?]+$/, '').replace(/^.*[/:]/, '');

/** Kind and subject, never a host: `https Python-3.14.6.tar.xz`, `debian python3.14`, `crate aws-lc-sys 0.47.0`. */
export const describeOrigin = (origin: Origin, archive: Pick<Archive, 'file'>): string => {
  switch (origin.kind) {
    case 'https':
      return `https ${archive.file}`;
    case 'debian':
      return `debian ${origin.package}`;
    case 'crate':
      return `crate ${origin.name} ${origin.version}`;
    case 'git':
      return `git ${lastPart(origin.repository)} ${origin.ref}`;
    case 'path':
      return `path ${lastPart(origin.path)}`;
    default:
      return unreachableCase(origin);
  }
};
