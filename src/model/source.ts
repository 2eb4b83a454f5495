import type { Archive, Capabilities, Line, Series } from './catalogue.ts';

/** Where a version's source tree comes from: a pinned archive, or a tree that is in the store already. */
export type Source =
  | { readonly kind: 'archive'; readonly archive: Archive }
  | { readonly kind: 'tree'; readonly description: string; readonly treeDigest: string; readonly commit?: string };

/** A CPython that can be built. */
export interface PythonChoice {
  readonly version: string;
  readonly series: Series;
  /** The series whose data `series` has, where the catalogue does not have this one. */
  readonly seriesDataOf?: string;
  readonly source: Source;
}

/** An AWS-LC that can be built. */
export interface AwslcChoice {
  readonly version: string;
  readonly line: Line;
  /** Whether it is built as a FIPS module. */
  readonly fips: boolean;
  readonly capabilities: Capabilities;
  readonly source: Source;
}

/** The OpenSSL that a twin is compiled against: the machine's -dev package, or a tree that is in the store already. */
export type OpensslChoice =
  | { readonly from: 'machine'; readonly version: string }
  | {
      readonly from: 'tree';
      readonly version: string;
      readonly source: Extract<Source, { kind: 'tree' }>;
      /** It has shared libraries, which the twin then carries with it. */
      readonly isShared: boolean;
    };

/** What `path:` and `git:` selections turned out to be, by the text that asked for them. */
export interface LooseSources {
  readonly python: ReadonlyMap<string, PythonChoice>;
  readonly awslc: ReadonlyMap<string, AwslcChoice>;
}
