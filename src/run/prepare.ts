import { readHost } from '../io/host.ts';
import { readToolchainKnowledge } from '../io/host-knowledge.ts';
import type { Line } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import type { Host } from '../model/host.ts';
import { packagesName } from '../model/packages.ts';
import type { Plan, TestSelection } from '../model/plan.ts';
import type { Axes, Preset, Recipe } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { LooseSources, OpensslChoice } from '../model/source.ts';
import { nameFipsVersions } from '../plan/certificates.ts';
import { isForeign, type CrossMachine } from '../plan/cross.ts';
import { chooseCellMask } from '../plan/cpu-mask.ts';
import { makePlan } from '../plan/plan.ts';
import { presetFiles } from '../plan/presets.ts';
import { listAxisValues } from '../recipe/blocks.ts';
import { platformOf, resolveRecipe } from '../recipe/resolve.ts';
import {
  loadAssets,
  loadCatalogue,
  loadCertificates,
  loadCpuCode,
  loadCpuKnowledge,
  loadFipsServices,
  loadPackages,
  loadPatches,
  loadRecipe,
  loadShims,
  loadTargets,
  type LoadedAsset,
} from './data.ts';

/** What the command line says to build. */
export interface Selection {
  /** A recipe's name or file; `default` unless given. */
  readonly recipe: string;
  /** Axes that replace the recipe's. */
  readonly axes: Partial<Axes>;
  readonly preset?: Preset;
  /** Test files instead of the preset's. */
  readonly tests: readonly string[];
  readonly match: readonly string[];
  /** Whether patches may be tried on versions that they are not known for. */
  readonly tryPatches: boolean;
  /** The line whose FIPS module loose sources of AWS-LC are built as. */
  readonly looseFips?: Line;
  /** Features of the CPU that proof and suites do without; none unless given. */
  readonly maskCpu?: readonly string[];
  /** Whether AWS-LC of a directory is compiled clean, not on from the build tree that is kept for it. */
  readonly clean: boolean;
  /** The twin's OpenSSL, `path:DIR`, unless it is the machine's own. */
  readonly openssl?: string;
  /** Where the libraries of another machine lie, unless in the store's own place for them. */
  readonly sysroot?: string;
}

export interface PrepareInput {
  readonly selection: Selection;
  /** Where the catalogue lies; this tool's own unless given. */
  readonly catalogueDir?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller's PATH, absolute directories only. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Whether cells that this machine cannot build are told apart in the plan instead of being failures. */
  readonly mayBeElsewhere?: boolean;
  /** Puts `path:` and `git:` sources into the store and probes them. */
  readonly adopt: (
    recipe: Recipe,
    selection: Pick<Selection, 'axes' | 'looseFips'>,
  ) => Promise<Result<LooseSources, readonly Failure[]>>;
  /** Puts the twin's OpenSSL into the store, when the selection names one. */
  readonly adoptOpenssl: (asked: string) => Promise<Result<OpensslChoice>>;
  /** Puts the libraries of another machine into the store: `asked` is where they lie, or nothing for the usual place. */
  readonly adoptSysroot: (
    triple: string,
    target: string,
    asked: string | undefined,
  ) => Promise<Result<CrossMachine['sysroot']>>;
}

/** A plan and what it was made from. */
export interface Prepared {
  readonly plan: Plan;
  readonly host: Host;
  readonly assets: readonly LoadedAsset[];
  /** Directories that sources of AWS-LC were taken from, by the digest of their content. */
  readonly checkouts: ReadonlyMap<string, string>;
}

/** Where each content of AWS-LC lies that was taken from a directory. */
const findCheckouts = ({ awslc }: LooseSources): ReadonlyMap<string, string> =>
  new Map(
    [...awslc].flatMap(([asked, { source }]) =>
      asked.startsWith('path:') && source.kind === 'tree' ? [[source.treeDigest, asked.slice('path:'.length)]] : [],
    ),
  );

const chooseTests = (selection: Selection, recipe: Recipe): TestSelection => {
  const { tests } = selection;
  const asked = selection.preset ?? recipe.test.preset;
  // Files that are named are CPython's own.
  const preset = tests.length > 0 && asked === packagesName ? 'crypto' : asked;
  return {
    preset,
    files: tests.length > 0 ? [...tests] : [...presetFiles[preset]],
    match: [...selection.match],
  };
};

/** Reads the data files and the machine, resolves the selection, and makes the plan; or says all that is wrong at once. */
export const preparePlan = async (input: PrepareInput): Promise<Result<Prepared, readonly Failure[]>> => {
  const one = <T>(result: Result<T>): Result<T, readonly Failure[]> => (result.ok ? result : fail([result.error]));
  const [catalogue, targets, assets, shims, patches, certificates, services, cpuCode, cpu, packages] =
    await Promise.all([
      loadCatalogue(input.catalogueDir),
      loadTargets(),
      loadAssets(),
      loadShims(),
      loadPatches(),
      loadCertificates(),
      loadFipsServices(),
      loadCpuCode(),
      loadCpuKnowledge(),
      loadPackages(),
    ]);
  if (!catalogue.ok) return one(catalogue);
  if (!targets.ok) return one(targets);
  if (!assets.ok) return one(assets);
  if (!shims.ok) return one(shims);
  if (!patches.ok) return one(patches);
  if (!certificates.ok) return one(certificates);
  if (!services.ok) return one(services);
  if (!cpuCode.ok) return one(cpuCode);
  if (!cpu.ok) return one(cpu);
  if (!packages.ok) return one(packages);
  const recipe = await loadRecipe(input.selection.recipe, input.cwd, targets.value);
  if (!recipe.ok) return one(recipe);
  const { axes } = input.selection;
  const targetNames = listAxisValues(recipe.value, axes, 'target');
  const native = targetNames.includes('native');
  const knowledge = await readToolchainKnowledge();
  if (!knowledge.ok) return one(knowledge);
  const asked = targetNames.flatMap((name) => targets.value.targets.filter((target) => target.name === name));
  const wanted = knowledge.value.cross.filter(({ arch }) => asked.some((target) => target.arch.includes(arch)));
  const host = await readHost({
    env: { ...input.env, PATH: input.path },
    signal: input.signal,
    native,
    knowledge: knowledge.value,
    cross: wanted.map(({ arch }) => arch),
  });
  if (!host.ok) return one(host);
  const { platform } = host.value;
  const mask = chooseCellMask(
    input.selection.maskCpu ?? [],
    asked.length === 0 ? [platform.arch] : asked.map((target) => platformOf(target, platform).arch),
    cpu.value.architectures,
  );
  if (!mask.ok) return mask;
  const loose = await input.adopt(recipe.value, input.selection);
  if (!loose.ok) return loose;
  const resolved = resolveRecipe({
    recipe: recipe.value,
    narrowed: axes,
    mayBeElsewhere: input.mayBeElsewhere === true,
    catalogue: catalogue.value,
    targets: targets.value,
    platform,
    crossArchs: wanted.map(({ arch }) => arch),
    cpuFeatures: host.value.cpuFeatures,
    loose: loose.value,
    named: nameFipsVersions(certificates.value.certificates, catalogue.value.awslc.entries),
  });
  if (!resolved.ok) return resolved;
  const cross: CrossMachine[] = [];
  const unreachable = new Map<string, Failure>();
  for (const { arch, triple, emulator } of wanted) {
    const target = asked.find((candidate) => candidate.arch.includes(arch) && isForeign(candidate, host.value));
    if (target === undefined) continue;
    const sysroot = await input.adoptSysroot(triple, target.name, input.selection.sysroot);
    if (!sysroot.ok) {
      if (input.mayBeElsewhere !== true) return one(sysroot);
      unreachable.set(arch, sysroot.error);
      continue;
    }
    const has = host.value.tools.some(({ name }) => name === emulator);
    cross.push({ arch, triple, sysroot: sysroot.value, ...(has ? { emulator } : {}) });
  }
  const named = input.selection.openssl;
  const openssl = named === undefined ? ok(undefined) : await input.adoptOpenssl(named);
  if (!openssl.ok) return one(openssl);
  const plan = makePlan({
    resolved: resolved.value,
    host: host.value,
    assets: assets.value,
    patches: patches.value,
    tryPatches: input.selection.tryPatches,
    shims: shims.value.shims,
    services: services.value,
    cpuCode: cpuCode.value,
    packages: packages.value,
    cross,
    unreachable,
    cpu: cpu.value.architectures,
    ...(mask.value === undefined ? {} : { mask: mask.value }),
    test: chooseTests(input.selection, recipe.value),
    mayKeep: !input.selection.clean,
    ...(openssl.value === undefined ? {} : { openssl: openssl.value }),
  });
  return plan.ok
    ? ok({ plan: plan.value, host: host.value, assets: assets.value, checkouts: findCheckouts(loose.value) })
    : plan;
};
