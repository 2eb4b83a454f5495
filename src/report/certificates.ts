import { describeEnvironments, describeSteps, describeTool, nameVersion } from '../model/certificate-text.ts';
import type { CellCertificate, CertificateReport, JudgedCertificate } from '../model/certificate.ts';
import { escapeInline } from './markdown.ts';
import { paint, printable, type TextOptions } from './text.ts';

type Listed = CertificateReport['certificates'][number];

/** `certificate #5314`, `no certificate: AWS-LC 4 Cryptographic Module (static) is in process`. */
const nameCertificate = ({ number, name, status }: Pick<Listed, 'number' | 'name' | 'status'>): string =>
  number === undefined
    ? `a certificate that there is not yet (${name} is ${status})`
    : `certificate #${number}${status === 'validated' ? '' : ` (${status})`}`;

/** A fact that is missing, in words. */
const factNames: Readonly<Record<Listed['missing'][number]['fact'], string>> = {
  fipsVersionFunction: 'what FIPS_version() returns',
  policy: 'policy',
  source: 'source',
  builds: 'build steps',
  environments: 'tested environments',
  entropy: 'entropy',
  validatedOn: 'day of validation',
  sunsetOn: 'sunset date',
  supportEnds: 'end of support',
};

const marks = { true: 'met', false: 'not met', unknown: 'not known' } as const;

/**
 * The conditions of a certificate as lines of a proof or a report: first how many are met, then each with what the
 * certificate says and what was found. No line says that a build is covered.
 */
export const describeConditions = (judged: JudgedCertificate): readonly string[] => {
  const { conditions } = judged;
  const met = conditions.filter((condition) => condition.met === true).length;
  return [
    `conditions of ${nameCertificate(judged)}: ${met} of ${conditions.length} met`,
    ...conditions.map(
      ({ id, met: state, expected, found }) =>
        `  ${id.padEnd(11)}  ${marks[`${state}`].padEnd(9)}  expected ${expected}; found ${found}`,
    ),
  ];
};

/** How many conditions are met, in a line: `conditions of certificate #5314: 2 of 6 met`. */
export const summarizeConditions = (judged: JudgedCertificate): string => describeConditions(judged)[0] ?? '';

/** The conditions for a page that shows Markdown, and what dates are near. */
export const formatConditionsMarkdown = (judged: CellCertificate): string =>
  [
    `### ${summarizeConditions(judged).replace(/^c/, 'C')}`,
    [
      '| Condition | | The certificate says | Found |',
      '|---|---|---|---|',
      ...judged.conditions.map(
        ({ id, met, expected, found }) =>
          `| ${id} | ${marks[`${met}`]} | ${escapeInline(expected)} | ${escapeInline(found)} |`,
      ),
    ].join('\n'),
    ...judged.warnings.map(({ text }) => `**Warning:** ${escapeInline(text)}`),
  ].join('\n\n') + '\n';

/** The conditions for a terminal, below a proof. */
export const formatConditions = (judged: CellCertificate, options: TextOptions): string => {
  const [summary = '', ...lines] = describeConditions(judged);
  return `${[
    paint(summary, 'bold', options),
    ...lines.map((line) => printable(line, options)),
    ...judged.warnings.map(({ text }) => paint(`  warning    ${text}`, 'yellow', options)),
  ].join('\n')}\n`;
};

const describeStatus = (certificate: Listed): string => {
  const { status, statusDetail, validatedOn, sunsetOn, replacedBy } = certificate;
  return [
    status === 'validated' && validatedOn !== undefined ? `validated ${validatedOn}` : status,
    ...(statusDetail === undefined ? [] : [statusDetail]),
    ...(replacedBy === undefined ? [] : [`replaced by #${replacedBy}`]),
    ...(sunsetOn === undefined ? [] : [`sunset ${sunsetOn}`]),
  ].join(', ');
};

const describePolicy = ({ file, version, updatedOn, sha256 }: NonNullable<Listed['policy']>): string =>
  [
    file,
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(updatedOn === undefined ? [] : [`of ${updatedOn}`]),
    `sha256 ${sha256}`,
  ].join(', ');

const describeBuild = (build: NonNullable<Listed['builds']>[number]): string =>
  `${build.systems.map(({ name, version }) => `${name} ${version}`).join(', ')}: ${describeSteps(build)} ` +
  `(${describeTool('compiler', build.compiler)}, ${describeTool('Go', build.go)})`;

const formatCertificate = (certificate: Listed, options: TextOptions): readonly string[] => {
  const { number, id, name, version, line, branch, link, fipsVersion, fipsVersionFunction } = certificate;
  const returned = fipsVersionFunction === undefined ? '' : `; FIPS_version() returns ${fipsVersionFunction}`;
  const missing = new Map<string, string[]>();
  for (const { fact, why } of certificate.missing) {
    missing.set(why, [...(missing.get(why) ?? []), factNames[fact]]);
  }
  const rows: [string, string][] = [
    ['status', describeStatus(certificate)],
    ['module', `${nameVersion(version)}, ${link}; ${line}, branch ${branch}; submission ${fipsVersion}${returned}`],
    ['support', certificate.supportEnds === undefined ? '' : `until ${certificate.supportEnds}`],
    ['policy', certificate.policy === undefined ? '' : describePolicy(certificate.policy)],
    [
      'source',
      certificate.source === undefined ? '' : `${certificate.source.file}, sha256 ${certificate.source.sha256}`,
    ],
    ...(certificate.builds ?? []).map((build): [string, string] => ['build', describeBuild(build)]),
    ...describeEnvironments(certificate.environments ?? []).map((text): [string, string] => ['tested', text]),
    ['entropy', certificate.entropy ?? ''],
    ...(certificate.notes ?? []).map((note): [string, string] => ['note', note]),
    ...[...missing].map(([why, facts]): [string, string] => ['not known', `${facts.join(', ')}: ${why}`]),
  ];
  return [
    paint(`${number === undefined ? id : `#${number}`}  ${name}`, 'bold', options),
    ...rows
      .filter(([, text]) => text !== '')
      .map(([label, text]) => `  ${label.padEnd(9)}  ${printable(text, options)}`),
    ...certificate.warnings.map(({ text }) => paint(`  warning    ${text}`, 'yellow', options)),
  ];
};

/** Every certificate with its status, dates and conditions, then where the facts were read. */
export const formatCertificates = (report: CertificateReport, options: TextOptions): string => {
  const { newestCertified, certificates, entropyCertificates, sources } = report;
  return `${[
    'What NIST says of AWS-LC modules, as far as it could be read. It says nothing about a build of yours.',
    ...certificates.flatMap((certificate) => ['', ...formatCertificate(certificate, options)]),
    '',
    'Entropy sources',
    ...entropyCertificates.map(
      ({ number, entropySource, awardedOn }) => `  ${number.padEnd(9)}  ${entropySource}, ${awardedOn}`,
    ),
    '',
    'Read from',
    ...sources.map(({ title, where, readOn }) => `  ${readOn}  ${title}: ${where}`),
    ...(newestCertified === undefined
      ? []
      : ['', `The newest version that a certificate names is ${nameVersion(newestCertified)}.`]),
  ].join('\n')}\n`;
};
