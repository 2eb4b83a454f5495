import * as z from 'zod';
import type { Failure } from './failure.ts';

/** A failure in a document: its stable code, and what belongs to that code. */
export const failureSchema = z.looseObject({ code: z.string() });

/** A failure that a document of this very version of the tool holds: it wrote it, so the code is one of those that it has. */
export const readFailure = (written: z.infer<typeof failureSchema>): Failure => written as Failure;
