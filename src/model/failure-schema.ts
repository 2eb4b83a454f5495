import * as z from 'zod';

/** A failure in a document: its stable code, and what belongs to that code. */
export const failureSchema = z.looseObject({ code: z.string() });
