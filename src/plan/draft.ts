import type { Capabilities, Series } from '../model/catalogue.ts';
import type { Cell } from '../model/cell.ts';
import type { Host } from '../model/host.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { LoadedShim } from '../model/shim.ts';
import type { Source } from '../model/source.ts';
import type { CrossDraft } from './cross.ts';

/** A file of this tool that runs inside the built Python. */
export interface Asset {
  readonly name: string;
  readonly sha256: string;
}

/** One cell with everything that its steps are made from. */
export interface CellDraft extends CrossDraft {
  readonly cell: Cell;
  readonly capabilities: Capabilities;
  readonly series: Series;
  readonly awslcSource: Source;
  readonly cpythonSource: Source;
  /** Compiler flags of the target, `native` already resolved. */
  readonly targetFlags: readonly string[];
  readonly host: Host;
  readonly assets: readonly Asset[];
  /** Patches to CPython's sources, in order. */
  readonly patches: readonly LoadedPatch[];
  /** Headers that give CPython what this AWS-LC lacks. */
  readonly shims: readonly LoadedShim[];
  /** Whether AWS-LC of a checkout may be compiled on from the build tree that is kept for it; not unless given. */
  readonly mayKeep?: boolean;
  /** Compiler programs: `gcc` and `g++`, or `clang` and `clang++`. */
  readonly compilers: { readonly c: string; readonly cxx: string };
}

/** The files of this tool whose names begin with one of these: what a step that runs them depends on. */
export const pickAssets = (assets: readonly Asset[], prefixes: readonly string[]): readonly Asset[] =>
  assets.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
