import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { certificatesSchema, type Certificate, type Certificates } from '../../src/model/certificate.ts';
import { parseJson } from '../../src/model/json.ts';

/** Text of the certificates that ship. */
export const certificatesText = readFileSync(
  fileURLToPath(new URL('../../recipes/knowledge/certificates.json', import.meta.url)),
  'utf8',
);

const parsed = parseJson(certificatesSchema, certificatesText);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));

/** The certificates that ship. */
export const shipped: Certificates = parsed.value;

/** One of them, by id. */
export const certificateOf = (id: string): Certificate => {
  const found = shipped.certificates.find((certificate) => certificate.id === id);
  if (found === undefined) throw new Error(`no certificate ${id}`);
  return found;
};
