import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** sha256 of a text's UTF-8 bytes, in hexadecimal. */
export const digestText = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** sha256 of a value's canonical JSON: what fingerprints are made of. */
export const digestValue = (value: unknown): string => digestText(canonicalJson(value));
