import { describeDifference, describeValue, isAsExpected, type Claim, type Proof } from '../model/proof.ts';
import { findServiceTables, type ServiceTable } from './service-tables.ts';

export interface ProofStyle {
  readonly color: boolean;
  /** Whether ✓ and ✗ can be shown; without them the marks are `ok` and `FAIL`. */
  readonly unicode: boolean;
  /** Also how each claim was checked, and the facts. */
  readonly detailed: boolean;
}

const widthColumns = 110;

const paint = (text: string, code: string, color: boolean): string =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text;

/** Breaks a text at spaces so that no line is wider than the report, each line below the first as far in as asked. */
const wrap = (text: string, indentColumns: number): string => {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indentColumns + last.length + 1 + word.length > widthColumns) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indentColumns)}`);
};

/** Claims that fail, by their values; what the proof says of itself is not asked. */
const countFailed = (claims: readonly Claim[]): number => claims.filter((claim) => !isAsExpected(claim)).length;

const summary = ({ claims }: Proof): string => `${claims.length - countFailed(claims)} of ${claims.length} claims hold`;

const claimLines = (claim: Claim, style: ProofStyle): string => {
  const holds = isAsExpected(claim);
  const mark = holds ? (style.unicode ? '✓' : 'ok  ') : style.unicode ? '✗' : 'FAIL';
  const indent = mark.length + 3;
  const line = (label: string, text: string): string =>
    `${' '.repeat(indent)}${paint(label.padEnd(10), '2', style.color)}${wrap(text, indent + 10)}\n`;
  const difference = describeDifference(claim);
  return [
    ` ${paint(mark, holds ? '32' : '31', style.color)}  ${holds ? claim.title : paint(claim.title, '1', style.color)}\n`,
    ...(style.detailed || !holds ? [line('how', claim.how)] : []),
    ...(holds ? [] : [line('expected', difference.expected), line('found', difference.found), line('id', claim.id)]),
  ].join('');
};

/** A table of services as lines: the service, and below it what got each answer. */
const serviceLines = ({ rows }: ServiceTable, style: ProofStyle): string => {
  const width = Math.max(...rows.map(({ answer }) => answer.length));
  const lines = rows.map(({ service, answer, of }, index) => {
    const head = service === rows[index - 1]?.service ? '' : `    ${service}\n`;
    const label = `      ${paint(answer.padEnd(width), '2', style.color)}`;
    return `${head}${of.length === 0 ? label.trimEnd() : `${label}  ${wrap(of.join(', '), width + 8)}`}\n`;
  });
  return lines.join('');
};

/**
 * The proof as a table for a terminal: a line per claim, more where one fails, the services of a FIPS module, then facts
 * and what was not checked.
 */
export const formatProof = (proof: Proof, style: ProofStyle): string => {
  const heading = (text: string): string => `\n${paint(text, '1', style.color)}\n`;
  return [
    `${paint(summary(proof), countFailed(proof.claims) === 0 ? '32' : '31', style.color)}\n`,
    ...proof.claims.map((claim) => claimLines(claim, style)),
    ...findServiceTables(proof).map((table) => heading(wrap(table.title, 0)) + serviceLines(table, style)),
    ...(style.detailed && proof.facts.length > 0
      ? [
          heading('Facts'),
          ...proof.facts.map((fact) => ` -  ${fact.title}\n    ${wrap(describeValue(fact.found), 4)}\n`),
        ]
      : []),
    heading('Not checked'),
    ...proof.notChecked.map((text) => ` -  ${wrap(text, 4)}\n`),
  ].join('');
};

/** Text as a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** A table of services for a page that shows Markdown. */
const serviceTable = ({ title, rows }: ServiceTable): string =>
  [
    `\n${title.replaceAll('<', '&lt;')}:\n\n| Service | Answer | Of |\n| --- | --- | --- |\n`,
    ...rows.map(({ service, answer, of }) => `| ${cell(service)} | ${cell(answer)} | ${cell(of.join(', '))} |\n`),
  ].join('');

/** What a FIPS module's indicator counts, and how TLS parameters are labelled, for a page that shows Markdown; else nothing. */
export const formatServicesMarkdown = (proof: Proof): string => findServiceTables(proof).map(serviceTable).join('');

/** The proof for a page that shows Markdown: claims with how they were checked, services, facts, and what was not checked. */
export const formatProofMarkdown = (proof: Proof): string => {
  const claim = (its: Claim): string => {
    const { expected, found } = describeDifference(its);
    const result = isAsExpected(its) ? 'holds' : `**fails**: expected ${expected}; found ${found}`;
    return `| ${cell(its.title)} | ${cell(its.how)} | ${cell(result)} |\n`;
  };
  return [
    `### Proof: ${summary(proof)}\n\n`,
    '| Claim | How | Result |\n| --- | --- | --- |\n',
    ...proof.claims.map(claim),
    formatServicesMarkdown(proof),
    '\n| Fact | Found |\n| --- | --- |\n',
    ...proof.facts.map((fact) => `| ${cell(fact.title)} | ${cell(describeValue(fact.found))} |\n`),
    '\nNot checked:\n\n',
    ...proof.notChecked.map((text) => `- ${text.replaceAll('<', '&lt;')}\n`),
  ].join('');
};
