import { nameVersion } from '../model/certificate-text.ts';
import type { Certificate, CertificateLine, DateWarning, ModuleLink } from '../model/certificate.ts';
import { compareVersions } from '../model/version.ts';

const rank = { validated: 0, 'in process': 1, historical: 2 } as const satisfies Record<Certificate['status'], number>;

/**
 * The certificate that is nearest to a build: of its line and link mode, a current one before one in process, and that
 * before a historical one; of two the newer. Nothing when there is none.
 */
export const chooseCertificate = (
  certificates: readonly Certificate[],
  { line, link }: { readonly line: string; readonly link: ModuleLink },
): Certificate | undefined =>
  certificates
    .filter((certificate) => certificate.line === line && certificate.link === link)
    .sort((a, b) => rank[a.status] - rank[b.status] || (b.number ?? 0) - (a.number ?? 0))[0];

/** The newest AWS-LC version that a current certificate names: `fips-3.1.0`. Nothing when there is none. */
export const newestCertified = (certificates: readonly Certificate[], line?: string): string | undefined =>
  certificates
    .filter((certificate) => certificate.status === 'validated' && (line === undefined || certificate.line === line))
    .map(({ version }) => version)
    .sort(compareVersions)
    .at(-1);

/** What `--fips` names. */
export interface FipsChoice {
  readonly version: string;
  readonly line: string;
  /** Whether a current certificate names this version. It says nothing about a build of it. */
  readonly isCertified: boolean;
  /** Why it is this one, to be shown. */
  readonly why: string;
}

/**
 * The version that `--fips` (alone: the line of the newest version that a certificate names) or `--fips YEAR` stands for:
 * the one that a certificate names where the catalogue has it, else the newest of the line. Nothing when the catalogue has
 * no version of the line.
 */
export const chooseFipsVersion = (
  certificates: readonly Certificate[],
  entries: readonly { readonly version: string; readonly line: string }[],
  year?: '2022' | '2024' | '2025',
): FipsChoice | undefined => {
  const certified = newestCertified(certificates, year === undefined ? undefined : `fips-${year}`);
  const line: CertificateLine | undefined =
    year === undefined ? certificates.find(({ version }) => version === certified)?.line : `fips-${year}`;
  const ofLine = entries.filter((entry) => entry.line === line).sort((a, b) => compareVersions(a.version, b.version));
  const newest = ofLine.at(-1);
  if (line === undefined || newest === undefined) return undefined;
  const isCertified = ofLine.some(({ version }) => version === certified);
  if (certified !== undefined && isCertified) {
    const which = year === undefined ? 'the newest version' : `the newest version of ${line}`;
    return { version: certified, line, isCertified, why: `${which} that a certificate names` };
  }
  const named =
    certified === undefined
      ? `no certificate names a version of ${line}`
      : `the certificates of ${line} name ${nameVersion(certified)}, which the catalogue does not have`;
  return { version: newest.version, line, isCertified, why: `the newest of ${line} in the catalogue: ${named}` };
};

/** So many days before a date it is worth a warning. */
const warnDays = 180;
const dayMs = 86_400_000;

/** The last day of `2027-04`, in milliseconds since 1970. */
const lastDayMs = (month: string): number => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  // Day 0 of the next month; months count from 0.
  return Date.UTC(year, number, 0);
};

/**
 * Support ends and sunset dates that are past or at most 180 days away, counted in whole days of UTC. A historical
 * certificate has no sunset to come.
 */
export const findDateWarnings = (certificate: Certificate, today: Date): readonly DateWarning[] => {
  const todayMs = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  const warn = (kind: DateWarning['kind'], atMs: number, said: string): readonly DateWarning[] => {
    const days = Math.round((atMs - todayMs) / dayMs);
    if (days > warnDays) return [];
    const when = days < 0 ? `is past (${said})` : `is near: ${said}, in ${days} day${days === 1 ? '' : 's'}`;
    const what =
      kind === 'sunset'
        ? 'the sunset date of the certificate'
        : `the end of AWS-LC's support for ${certificate.branch}`;
    return [{ kind, on: new Date(atMs).toISOString().slice(0, 10), days, text: `${what} ${when}` }];
  };
  const { supportEnds, sunsetOn, status } = certificate;
  return [
    ...(supportEnds === undefined ? [] : warn('support-end', lastDayMs(supportEnds), supportEnds)),
    ...(sunsetOn === undefined || status === 'historical' ? [] : warn('sunset', Date.parse(sunsetOn), sunsetOn)),
  ];
};

/** What `fips` and each FIPS line's name stand for as an AWS-LC version. A line without a version in the catalogue has none. */
export const nameFipsVersions = (
  certificates: readonly Certificate[],
  entries: readonly { readonly version: string; readonly line: string }[],
): ReadonlyMap<string, FipsChoice> =>
  new Map(
    ([undefined, '2022', '2024', '2025'] as const).flatMap((year) => {
      const choice = chooseFipsVersion(certificates, entries, year);
      return choice === undefined ? [] : [[year === undefined ? 'fips' : `fips-${year}`, choice] as const];
    }),
  );
