import { readHardware } from '../io/host-machine.ts';
import { ok, type Result } from '../model/result.ts';
import type { CellCertificate } from '../model/certificate.ts';
import { findBuildFacts } from '../plan/build-facts.ts';
import { judgeCertificate } from '../plan/certificate-conditions.ts';
import { chooseCertificate, findDateWarnings } from '../plan/certificates.ts';
import { loadCertificates } from '../run/data.ts';
import type { CellSession } from '../run/session.ts';
import { lookupStep } from '../run/store.ts';
import type { Opened } from './open.ts';

/**
 * Holds each FIPS cell against the certificate that is nearest to it, by cell id; cells that are no FIPS builds, and those
 * of a line that no certificate speaks of, are not in it. Failure: `file-invalid`.
 */
export const judgeCertificates = async (
  cells: readonly CellSession[],
  { prepared, store }: Opened,
): Promise<Result<ReadonlyMap<string, CellCertificate>>> => {
  const judged = new Map<string, CellCertificate>();
  const fips = cells.filter(({ planned }) => planned.cell.awslc.fips);
  if (fips.length === 0) return ok(judged);
  const read = await loadCertificates();
  if (!read.ok) return read;
  const hardware = readHardware();
  const today = new Date();
  for (const { planned, proof } of fips) {
    // Without a proof nothing is known of what was built.
    if (proof === undefined) continue;
    const certificate = chooseCertificate(read.value.certificates, {
      line: planned.cell.awslc.line,
      link: planned.cell.link,
    });
    if (certificate === undefined) continue;
    const fetch = prepared.plan.steps.find(({ id }) => id === planned.steps['fetch-awslc']);
    const found = fetch === undefined ? undefined : await lookupStep(store, fetch.fingerprint);
    const facts = findBuildFacts({
      plan: prepared.plan,
      planned,
      ...(found?.state === 'present' ? { fetched: found.stored.record } : {}),
      machine: prepared.host.machine,
      proof,
      ...(hardware === undefined ? {} : { hardware }),
    });
    judged.set(planned.id, {
      ...judgeCertificate(certificate, facts),
      warnings: [...findDateWarnings(certificate, today)],
    });
  }
  return ok(judged);
};
