import { readFileSync } from 'node:fs';
import { awslcCatalogueSchema, cpythonCatalogueSchema, type Catalogue } from '../../src/model/catalogue.ts';
import { cpuCodeSchema, type CpuCode } from '../../src/model/cpu-code.ts';
import {
  cpuKnowledgeSchema,
  verifiedSchema,
  type CpuKnowledge,
  type CpuMask,
  type Verified,
} from '../../src/model/cpu.ts';
import type { Failure } from '../../src/model/failure.ts';
import { fipsServicesSchema, type FipsServices } from '../../src/model/fips-services.ts';
import type { Host } from '../../src/model/host.ts';
import { parseJson, type Schema } from '../../src/model/json.ts';
import { packagesSchema, type Packages } from '../../src/model/packages.ts';
import type { Plan, TestSelection } from '../../src/model/plan.ts';
import { recipeSchema, targetsSchema, type Axes, type Recipe, type Targets } from '../../src/model/recipe.ts';
import type { LooseSources, OpensslChoice } from '../../src/model/source.ts';
import { patchSeriesSchema, type LoadedPatch } from '../../src/model/patch.ts';
import { shimsSchema, type LoadedShim } from '../../src/model/shim.ts';
import type { Asset } from '../../src/plan/draft.ts';
import type { CrossMachine } from '../../src/plan/cross.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { resolveRecipe } from '../../src/recipe/resolve.ts';
import { debianTools } from './fake-machine.ts';

const read = <T>(schema: Schema<T>, path: string): T => {
  const parsed = parseJson(schema, readFileSync(path, 'utf8'));
  if (!parsed.ok) throw new Error(`${path}: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
};

/** The shipped data, as the main job uses it. */
export const defaultRecipe: Recipe = read(recipeSchema, 'recipes/default.json');
export const defaultTargets: Targets = read(targetsSchema, 'recipes/targets.json');
export const defaultCatalogue: Catalogue = {
  awslc: read(awslcCatalogueSchema, 'recipes/catalogue/awslc.json'),
  cpython: read(cpythonCatalogueSchema, 'recipes/catalogue/cpython.json'),
};

/** The shipped patches. */
export const defaultPatches: readonly LoadedPatch[] = ['3.9', '3.10', '3.11', '3.12', '3.13'].flatMap((series) =>
  read(patchSeriesSchema, `patches/${series}/series.json`).patches.map((patch) => ({
    ...patch,
    series,
    text: readFileSync(`patches/${series}/${patch.file}`, 'utf8'),
  })),
);

/** The shipped shims. */
export const defaultShims: readonly LoadedShim[] = read(shimsSchema, 'patches/shims/shims.json').shims.map((shim) => ({
  ...shim,
  text: readFileSync(`patches/shims/${shim.header}`, 'utf8'),
}));

/** The shipped knowledge of FIPS services. */
export const defaultServices: FipsServices = read(fipsServicesSchema, 'recipes/knowledge/fips-services.json');

/** The shipped knowledge of CPU-specific code. */
export const defaultCpuCode: CpuCode = read(cpuCodeSchema, 'recipes/knowledge/cpu-code.json');

/** The shipped rules of how AWS-LC chooses code by the CPU. */
export const defaultCpu: CpuKnowledge = read(cpuKnowledgeSchema, 'recipes/knowledge/cpu-paths.json');

/** The shipped packages of the package checks, and their wheels. */
export const defaultPackages: Packages = read(packagesSchema, 'recipes/packages.json');

/** The shipped statements of what is formally verified. */
export const defaultVerified: Verified = read(verifiedSchema, 'recipes/knowledge/verified.json');

/** A Debian 12 on x86-64, the same whatever machine the test runs on. */
export const fixedHost: Host = {
  platform: { arch: 'x86_64', libc: 'gnu' },
  tools: Object.entries(debianTools)
    .map(([name, version]) => ({ name, version: version.trim() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  devPackages: [
    { library: 'libffi', version: '3.4.4-1', modules: ['_ctypes'] },
    { library: 'zlib', version: '1:1.2.13.dfsg-1', modules: ['zlib'] },
    { library: 'gdbm', modules: ['_gdbm'] },
  ],
  nativeFlags: ['-march=x86-64-v3', '-mtune=generic'],
  cpuFeatures: defaultTargets.targets.find(({ name }) => name === 'x86-64-v3')?.cpuFeatures ?? [],
  machine: {
    cpu: 'Fake CPU',
    cpuFeaturesDigest: 'c'.repeat(64),
    kernel: '6.1.0',
    libc: 'glibc 2.36',
    os: 'Debian GNU/Linux 12 (bookworm)',
    cores: 2,
    memoryBytes: 4e9,
  },
  packageFamily: 'apt',
};

const assets: readonly Asset[] = ['driver.py', 'driver_result.py', 'prove.py', 'prove_tls.py', 'test_no_pha.py'].map(
  (name, index) => ({ name, sha256: String(index).repeat(64) }),
);

/** What a plan is made from, each part replaceable. */
export interface PlanChanges {
  readonly recipe?: Recipe;
  readonly axes?: Partial<Axes>;
  readonly catalogue?: Catalogue;
  readonly host?: Host;
  readonly assets?: readonly Asset[];
  readonly test?: TestSelection;
  readonly loose?: LooseSources;
  readonly openssl?: OpensslChoice;
  readonly tryPatches?: boolean;
  readonly cross?: readonly CrossMachine[];
  readonly mask?: CpuMask;
  readonly mayKeep?: boolean;
  /** Whether cells of other machines may be asked for too, and those that this one cannot build for. */
  readonly mayBeElsewhere?: boolean;
  readonly unreachable?: ReadonlyMap<string, Failure>;
  readonly packages?: Packages;
}

/** The main job's plan on the fixed host, with changes. Throws when it cannot be made. */
export const planWith = (changes: PlanChanges = {}): Plan => {
  const host = changes.host ?? fixedHost;
  const resolved = resolveRecipe({
    recipe: changes.recipe ?? defaultRecipe,
    narrowed: { python: ['3.14.6'], awslc: ['5.12.0'], ...changes.axes },
    catalogue: changes.catalogue ?? defaultCatalogue,
    targets: defaultTargets,
    platform: host.platform,
    crossArchs: (changes.cross ?? []).map(({ arch }) => arch),
    cpuFeatures: host.cpuFeatures,
    loose: changes.loose ?? { python: new Map(), awslc: new Map() },
    named: new Map(),
    mayBeElsewhere: changes.mayBeElsewhere ?? false,
  });
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  const plan = makePlan({
    resolved: resolved.value,
    host,
    assets: changes.assets ?? assets,
    patches: defaultPatches,
    tryPatches: changes.tryPatches ?? false,
    shims: defaultShims,
    services: defaultServices,
    cpuCode: defaultCpuCode,
    packages: changes.packages ?? defaultPackages,
    cross: changes.cross ?? [],
    cpu: defaultCpu.architectures,
    test: changes.test ?? { preset: 'quick', files: ['test_ssl'], match: [] },
    ...(changes.unreachable === undefined ? {} : { unreachable: changes.unreachable }),
    ...(changes.mask === undefined ? {} : { mask: changes.mask }),
    ...(changes.mayKeep === undefined ? {} : { mayKeep: changes.mayKeep }),
    ...(changes.openssl === undefined ? {} : { openssl: changes.openssl }),
  });
  if (!plan.ok) throw new Error(JSON.stringify(plan.error));
  return plan.value;
};

/** Kind and subject of each step of the first cell to its fingerprint. */
export const fingerprintsOf = (plan: Plan): Readonly<Record<string, string>> =>
  Object.fromEntries(plan.steps.map(({ kind, subject, fingerprint }) => [`${kind}-${subject}`, fingerprint]));
