import type { Cell } from '../model/cell.ts';
import { digestValue } from '../model/digest.ts';
import { canonicalJson, compareCodeUnits } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';

/** A cell, by its id: of this machine or another. */
export interface ShardCell {
  readonly id: string;
  readonly cell: Cell;
}

/** What steps of cells are thought to take, in seconds. */
export interface CellCosts {
  /** What cells with the same core share. */
  readonly core: (cell: ShardCell) => number;
  /** What a cell takes on a core that is there. */
  readonly own: (cell: ShardCell) => number;
}

/** How all cells of a matrix are shared out. */
export type Assignment = NonNullable<MatrixRecord['shard']>['cells'];

/**
 * What cells share a core by: known of every cell on every machine, also where it cannot be planned. A plan may tell more cores
 * apart (patches, hashes that an old AWS-LC lacks); that makes a shard longer, and nothing wrong.
 */
export const nameCore = ({ python, platform, target, optimization, cipherString }: Cell): string =>
  `${python.version} ${platform.arch} ${target} ${optimization} ${digestValue({ python, platform, cipherString }).slice(0, 8)}`;

/** A group may be so many times as long as a shard's fair part before it is divided: a core made twice costs too. */
const tolerance = 1.25;

interface Piece {
  readonly core: string;
  readonly coreSeconds: number;
  readonly cells: readonly { readonly id: string; readonly seconds: number }[];
}

const lengthOf = ({ coreSeconds, cells }: Piece): number =>
  cells.reduce((sum, { seconds }) => sum + seconds, coreSeconds);

/** Longest first; what is equally long by name, so that every machine has the same order. */
const longestFirst = <T extends { readonly id: string; readonly seconds: number }>(
  values: readonly T[],
): readonly T[] => [...values].sort((a, b) => b.seconds - a.seconds || compareCodeUnits(a.id, b.id));

/** Puts values, longest first, each into the part that is least full; parts begin as full as they are told. */
const fill = <T extends { readonly id: string; readonly seconds: number }>(
  values: readonly T[],
  parts: number,
): readonly (readonly T[])[] => {
  const filled = Array.from({ length: parts }, () => ({ seconds: 0, values: new Array<T>() }));
  for (const value of longestFirst(values)) {
    const least = filled.reduce((best, part) => (part.seconds < best.seconds ? part : best));
    least.seconds += value.seconds;
    least.values.push(value);
  }
  return filled.map((part) => part.values);
};

/** Cells of one core, in as many pieces as its length calls for. */
const divide = (group: Piece, fairSeconds: number): readonly Piece[] => {
  const length = lengthOf(group);
  if (length <= tolerance * fairSeconds || group.cells.length === 1) return [group];
  // Each piece has the core to make: what is left of a fair part is for cells.
  const room = Math.max(fairSeconds - group.coreSeconds, Math.min(...group.cells.map(({ seconds }) => seconds)), 1);
  const parts = Math.min(group.cells.length, Math.ceil((length - group.coreSeconds) / room));
  return fill(group.cells, parts)
    .filter((cells) => cells.length > 0)
    .map((cells) => ({ ...group, cells }));
};

/**
 * Shares the cells of a matrix out to some shards: cells of one core stay together unless that makes one shard much longer than
 * its fair part; what is longest goes first, each into the shard that is least full. The same on every machine that has the same
 * cells and costs, in whatever order. Shards are counted from 1; with more shards than cells some are empty.
 */
export const shardCells = (cells: readonly ShardCell[], shards: number, costs: CellCosts): Assignment => {
  const groups = new Map<string, Piece>();
  for (const one of [...cells].sort((a, b) => compareCodeUnits(a.id, b.id))) {
    const core = nameCore(one.cell);
    const known = groups.get(core) ?? { core, coreSeconds: costs.core(one), cells: [] };
    groups.set(core, {
      core,
      coreSeconds: Math.max(known.coreSeconds, costs.core(one)),
      cells: [...known.cells, { id: one.id, seconds: costs.own(one) }],
    });
  }
  const fair = [...groups.values()].reduce((sum, group) => sum + lengthOf(group), 0) / shards;
  const pieces = [...groups.values()]
    .flatMap((group) => divide(group, fair))
    .map((piece) => ({
      id: canonicalJson([piece.core, piece.cells.map(({ id }) => id)]),
      seconds: lengthOf(piece),
      piece,
    }));
  return fill(pieces, shards)
    .flatMap((part, index) =>
      part.flatMap(({ piece: { core, coreSeconds, cells: own } }) =>
        own.map(({ id, seconds }) => ({ id, shard: index + 1, seconds, core, coreSeconds })),
      ),
    )
    .sort((a, b) => compareCodeUnits(a.id, b.id));
};
