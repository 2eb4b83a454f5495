import type { CertificateReport } from '../model/certificate.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { findDateWarnings, newestCertified } from '../plan/certificates.ts';
import { formatCertificates } from '../report/certificates.ts';
import { loadCertificates } from '../run/data.ts';
import type { CommandContext } from './context.ts';

/** Options of `certificates`. */
export interface CertificatesOptions {
  readonly json?: boolean;
}

/** Lists the certificates of AWS-LC modules with their conditions, dates and what is near its end. Failure: `file-invalid`. */
export const runCertificates = async (
  options: CertificatesOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const read = await loadCertificates();
  if (!read.ok) return [read.error];
  const { certificates, entropyCertificates, sources } = read.value;
  const newest = newestCertified(certificates);
  const today = new Date();
  const report: CertificateReport = {
    version: 1,
    kind: 'certificates',
    ...(newest === undefined ? {} : { newestCertified: newest }),
    certificates: certificates.map((certificate) => ({
      ...certificate,
      warnings: [...findDateWarnings(certificate, today)],
    })),
    entropyCertificates,
    sources,
  };
  context.out(
    options.json === true ? prettyJson(report) : formatCertificates(report, { color: context.terminal.color }),
  );
  return [];
};
