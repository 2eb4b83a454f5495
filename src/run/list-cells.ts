import { readHost } from '../io/host.ts';
import { readToolchainKnowledge } from '../io/host-knowledge.ts';
import type { Failure } from '../model/failure.ts';
import type { Recipe } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { nameFipsVersions } from '../plan/certificates.ts';
import { nameCell } from '../plan/plan.ts';
import type { Resolution } from '../recipe/resolve-axis.ts';
import { resolveRecipe, type CellChoice } from '../recipe/resolve.ts';
import { listAxisValues } from '../recipe/blocks.ts';
import { loadCatalogue, loadCertificates, loadRecipe, loadTargets } from './data.ts';
import type { PrepareInput } from './prepare.ts';

export interface ListCellsInput extends Pick<
  PrepareInput,
  'selection' | 'catalogueDir' | 'cwd' | 'env' | 'path' | 'signal' | 'adopt'
> {
  /** Machines (uname -m) whose cells are listed: a target that is of no architecture gives one for each. This one unless given. */
  readonly archs?: readonly string[];
}

/** A cell of a recipe, wherever it can be built. */
export interface ListedCell {
  readonly id: string;
  readonly choice: CellChoice;
  /** Why this machine cannot build it. */
  readonly elsewhere?: Failure;
}

export interface ListedCells {
  readonly recipe: Recipe;
  readonly resolutions: readonly Resolution[];
  readonly cells: readonly ListedCell[];
}

/**
 * Every cell of a selection, also those of other machines: the part of planning that needs no compiler. Ids are those of the
 * plans that the machines make which build them. Failures: usage, unknown versions, recipes and data files, all at once.
 */
export const listCells = async (input: ListCellsInput): Promise<Result<ListedCells, readonly Failure[]>> => {
  const [catalogue, targets, certificates, knowledge] = await Promise.all([
    loadCatalogue(input.catalogueDir),
    loadTargets(),
    loadCertificates(),
    readToolchainKnowledge(),
  ]);
  if (!catalogue.ok) return fail([catalogue.error]);
  if (!targets.ok) return fail([targets.error]);
  if (!certificates.ok) return fail([certificates.error]);
  if (!knowledge.ok) return fail([knowledge.error]);
  const recipe = await loadRecipe(input.selection.recipe, input.cwd, targets.value);
  if (!recipe.ok) return fail([recipe.error]);
  const { axes } = input.selection;
  const host = await readHost({
    env: { ...input.env, PATH: input.path },
    signal: input.signal,
    knowledge: knowledge.value,
  });
  if (!host.ok) return fail([host.error]);
  const loose = await input.adopt(recipe.value, input.selection);
  if (!loose.ok) return loose;
  const names = listAxisValues(recipe.value, axes, 'target');
  const asked = targets.value.targets.filter(({ name }) => names.includes(name));
  const crossArchs = knowledge.value.cross
    .map(({ arch }) => arch)
    .filter((arch) => asked.some((target) => target.arch.includes(arch)));
  const here = host.value.platform;
  const cells = new Map<string, ListedCell>();
  let resolutions: readonly Resolution[] = [];
  for (const arch of new Set(input.archs ?? [here.arch])) {
    const isHere = arch === here.arch;
    const resolved = resolveRecipe({
      recipe: recipe.value,
      narrowed: axes,
      mayBeElsewhere: true,
      catalogue: catalogue.value,
      targets: targets.value,
      platform: { arch, libc: here.libc },
      crossArchs,
      // What another machine's CPU lacks is for that machine to say.
      cpuFeatures: isHere ? host.value.cpuFeatures : asked.flatMap(({ cpuFeatures }) => cpuFeatures ?? []),
      loose: loose.value,
      named: nameFipsVersions(certificates.value.certificates, catalogue.value.awslc.entries),
    });
    if (!resolved.ok) return resolved;
    resolutions = resolved.value.resolutions;
    // What this machine can build comes first.
    const all = [
      ...resolved.value.cells.map((choice) => ({ choice })),
      ...resolved.value.elsewhere.map(({ choice, failure }) => ({ choice, elsewhere: failure })),
    ];
    for (const one of all) {
      const id = nameCell(one.choice.cell);
      if (!cells.has(id)) cells.set(id, { id, ...one });
    }
  }
  return ok({ recipe: recipe.value, resolutions, cells: [...cells.values()] });
};
