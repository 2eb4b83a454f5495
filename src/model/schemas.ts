import * as z from 'zod';
import { benchDocumentSchema, benchSamplesSchema } from './bench.ts';
import { bisectDocumentSchema, bisectStateSchema } from './bisect.ts';
import { cacheEntrySchema } from './cache-entry.ts';
import { cacheReportSchema } from './cache.ts';
import { compatReportSchema } from './compat.ts';
import { awslcCatalogueSchema, cpythonCatalogueSchema } from './catalogue.ts';
import { certificateReportSchema, certificatesSchema } from './certificate.ts';
import { cpuCodeSchema } from './cpu-code.ts';
import { cpuDocumentSchema } from './cpu-report.ts';
import { cpuKnowledgeSchema, verifiedSchema } from './cpu.ts';
import { diffDocumentSchema } from './diff.ts';
import { doctorReportSchema } from './doctor.ts';
import { manifestDraftSchema } from './draft.ts';
import { fipsServicesSchema } from './fips-services.ts';
import { importCostSchema } from './import-cost.ts';
import { manifestCheckSchema } from './manifest-check.ts';
import { listReportSchema } from './inventory.ts';
import type { Json } from './json.ts';
import { toolchainKnowledgeSchema } from './knowledge.ts';
import { treeListingSchema } from './listing.ts';
import { matrixRecordSchema } from './matrix.ts';
import { environmentFileSchema, manifestSchema, rosterSchema } from './manifest.ts';
import { packageFactsSchema, packagesSchema } from './packages.ts';
import { patchReportSchema } from './patch-check.ts';
import { patchSeriesSchema } from './patch.ts';
import { pinReportSchema } from './pin.ts';
import { planSchema } from './plan.ts';
import { proofSchema } from './proof.ts';
import { recipeSchema, targetsSchema } from './recipe.ts';
import { githubMatrixSchema, runnersSchema } from './runners.ts';
import { failuresDocumentSchema, resultDocumentSchema } from './result-document.ts';
import { shimsSchema } from './shim.ts';
import { runRecordSchema, stepRecordSchema, suiteResultsSchema } from './record.ts';
import { slurmMatrixSchema, slurmReportSchema } from './slurm.ts';
import { suiteEventSchema } from './suite.ts';
import { timingsSchema } from './timings.ts';
import { verdictReportSchema } from './verdict.ts';

interface NamedSchema {
  readonly name: string;
  /** What is written in this format, for the list of names. */
  readonly title: string;
  readonly schema: z.ZodType;
}

/** Formats that people write by hand. */
const written: readonly NamedSchema[] = [
  { name: 'recipe', title: 'a recipe: recipes/NAME.json', schema: recipeSchema },
  { name: 'manifest', title: 'expected results: recipes/manifests/SERIES.json', schema: manifestSchema },
  {
    name: 'environment',
    title: 'skips that come from the machine: recipes/manifests/environment.json',
    schema: environmentFileSchema,
  },
  { name: 'targets', title: 'CPU levels: recipes/targets.json', schema: targetsSchema },
  {
    name: 'cpu-code',
    title: 'CPU-specific code of AWS-LC: recipes/knowledge/cpu-code.json',
    schema: cpuCodeSchema,
  },
  { name: 'catalogue-awslc', title: 'AWS-LC versions: recipes/catalogue/awslc.json', schema: awslcCatalogueSchema },
  {
    name: 'catalogue-cpython',
    title: 'CPython versions: recipes/catalogue/cpython.json',
    schema: cpythonCatalogueSchema,
  },
  {
    name: 'packages',
    title: 'packages and wheels of the preset packages: recipes/packages.json',
    schema: packagesSchema,
  },
  {
    name: 'toolchain',
    title: 'what a machine must have: recipes/knowledge/toolchain.json',
    schema: toolchainKnowledgeSchema,
  },
  {
    name: 'certificates',
    title: 'what NIST says of AWS-LC modules: recipes/knowledge/certificates.json',
    schema: certificatesSchema,
  },
  {
    name: 'fips-services',
    title: 'which services of a FIPS module are approved: recipes/knowledge/fips-services.json',
    schema: fipsServicesSchema,
  },
  {
    name: 'cpu-paths',
    title: 'how AWS-LC chooses code by the CPU: recipes/knowledge/cpu-paths.json',
    schema: cpuKnowledgeSchema,
  },
  {
    name: 'verified',
    title: 'which code of AWS-LC is formally verified: recipes/knowledge/verified.json',
    schema: verifiedSchema,
  },
  {
    name: 'runners',
    title: 'runners of GitHub Actions by target: recipes/knowledge/runners.json',
    schema: runnersSchema,
  },
  {
    name: 'patches',
    title: 'patches of a CPython series: patches/SERIES/series.json',
    schema: patchSeriesSchema,
  },
  { name: 'shims', title: 'what an old AWS-LC lacks: patches/shims/shims.json', schema: shimsSchema },
];

/** Every format that has a schema. */
const schemas: readonly NamedSchema[] = [
  ...written,
  { name: 'roster', title: 'cases that a plain run starts: recipes/rosters/VERSION.json', schema: rosterSchema },
  { name: 'timings', title: 'how long suites take: recipes/timings/SERIES.json', schema: timingsSchema },
  { name: 'plan', title: 'plan --json', schema: planSchema },
  { name: 'doctor', title: 'doctor --json', schema: doctorReportSchema },
  { name: 'list', title: 'list --json', schema: listReportSchema },
  { name: 'patch-report', title: 'patches verify --json', schema: patchReportSchema },
  { name: 'compat', title: 'compat --json', schema: compatReportSchema },
  { name: 'certificate-report', title: 'certificates --json', schema: certificateReportSchema },
  { name: 'cache', title: 'cache --json', schema: cacheReportSchema },
  { name: 'pin', title: 'pin --json', schema: pinReportSchema },
  { name: 'manifest-check', title: 'manifest check --json', schema: manifestCheckSchema },
  { name: 'manifest-draft', title: 'manifest draft --json', schema: manifestDraftSchema },
  { name: 'result', title: 'fetch, build, prove and test --json', schema: resultDocumentSchema },
  { name: 'cpu', title: 'inspect cpu --json', schema: cpuDocumentSchema },
  { name: 'bench', title: 'bench crypto --json', schema: benchDocumentSchema },
  { name: 'bench-samples', title: 'what bench_crypto.py measured', schema: benchSamplesSchema },
  { name: 'diff', title: 'diff --json', schema: diffDocumentSchema },
  { name: 'bisect', title: 'bisect --json', schema: bisectDocumentSchema },
  { name: 'bisect-state', title: 'bisects/DIGEST.json: what a bisect has asked', schema: bisectStateSchema },
  { name: 'github-matrix', title: 'matrix --engine github', schema: githubMatrixSchema },
  { name: 'failures', title: '--json of a command that failed at once', schema: failuresDocumentSchema },
  { name: 'verdicts', title: "the suites' result as a report", schema: verdictReportSchema },
  { name: 'slurm', title: 'matrix --engine slurm --json with --detach or --cancel', schema: slurmReportSchema },
  { name: 'slurm-matrix', title: 'slurm.json: what a matrix on Slurm submitted', schema: slurmMatrixSchema },
  { name: 'run', title: 'run.json: what a run did and found', schema: runRecordSchema },
  { name: 'matrix', title: 'matrix.json, matrix and merge --json: a set of cells', schema: matrixRecordSchema },
  { name: 'proof', title: 'proof.json: what the built Python is', schema: proofSchema },
  { name: 'import-cost', title: 'import-cost.json: what loading AWS-LC costs', schema: importCostSchema },
  { name: 'package-facts', title: 'package-facts.json: whose crypto packages run on', schema: packageFactsSchema },
  { name: 'suites', title: 'suites.json: raw results of the suites', schema: suiteResultsSchema },
  { name: 'suite-event', title: 'one line that the test driver writes', schema: suiteEventSchema },
  { name: 'step-record', title: 'record.json of a finished step', schema: stepRecordSchema },
  { name: 'cache-entry', title: 'steps/KEY.json of a remote cache', schema: cacheEntrySchema },
  { name: 'listing', title: 'listing.json: what a finished tree must still be', schema: treeListingSchema },
];

/** Names of the formats, with what each one is. */
export const schemaNames: readonly { readonly name: string; readonly title: string }[] = schemas.map(
  ({ name, title }) => ({ name, title }),
);

/** Formats that people write by hand: `recipes/schemas/` has their schemas for editors. */
export const editedSchemas: readonly string[] = written.map(({ name }) => name);

/** The JSON Schema of a format by name (draft 7, which every editor knows), or nothing when there is no such name. */
export const makeJsonSchema = (name: string): Json | undefined => {
  const found = schemas.find((candidate) => candidate.name === name);
  if (found === undefined) return undefined;
  const { $schema, ...rest } = z.toJSONSchema(found.schema, { target: 'draft-7' });
  // zod types it by keyword; it is plain JSON.
  return { $schema, title: found.title, ...rest } as unknown as Json;
};
