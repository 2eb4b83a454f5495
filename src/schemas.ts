/**
 * zod schemas of the documents that this tool writes and reads. Each document says `"version": 1`; within a version members
 * are only added. `makeJsonSchema` gives the JSON Schema of every format by name, as the command `schema` prints it.
 *
 * @packageDocumentation
 */
export { cellSchema } from './model/cell.ts';
export { failureSchema } from './model/failure-schema.ts';
export { matrixRecordSchema } from './model/matrix.ts';
export { planSchema } from './model/plan.ts';
export { proofSchema } from './model/proof.ts';
export { recipeSchema } from './model/recipe.ts';
export { runRecordSchema, stepRecordSchema } from './model/record.ts';
export { resultDocumentSchema } from './model/result-document.ts';
export { makeJsonSchema, schemaNames } from './model/schemas.ts';
export { verdictReportSchema } from './model/verdict.ts';
