import type { DoctorReport, Finding, FindingLevel } from '../model/doctor.ts';

const titles: Readonly<Record<Finding['area'], string>> = {
  toolchain: 'Toolchain',
  libraries: 'Libraries and the CPython modules they give',
  runtime: 'Files that the suites read',
  'known-bad': 'Known trouble between tools and AWS-LC lines',
  cpu: 'CPU features that AWS-LC uses',
  resources: 'Disk and memory',
  clock: 'Clock',
  locale: 'Locale',
  origins: 'Origins of the sources',
  cache: 'Remote cache',
};

const colors: Readonly<Record<FindingLevel, string>> = { ok: '32', note: '33', fault: '31' };

const paint = (text: string, level: FindingLevel, color: boolean): string =>
  color ? `\u001b[${colors[level]}m${text}\u001b[39m` : text;

const count = (findings: readonly Finding[], level: FindingLevel): number =>
  findings.filter((finding) => finding.level === level).length;

const plural = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** The worst of several levels; `ok` when there is none. */
export const worstLevel = (findings: readonly Finding[]): FindingLevel =>
  count(findings, 'fault') > 0 ? 'fault' : count(findings, 'note') > 0 ? 'note' : 'ok';

/** doctor's report for a terminal: one line per finding, with what to do below it, and a last line that sums up. */
export const formatDoctor = (report: DoctorReport, options: { readonly color: boolean }): string => {
  const { machine, findings } = report;
  const width = Math.max(...findings.map((finding) => finding.name.length), 0);
  const line = (finding: Finding): string => {
    const level = paint(finding.level.padEnd(5), finding.level, options.color);
    const next = finding.next === undefined ? '' : `\n${' '.repeat(11 + width)}-> ${finding.next}`;
    return `  ${level}  ${finding.name.padEnd(width)}  ${finding.text}${next}\n`;
  };
  const areas = (Object.keys(titles) as Finding['area'][]) // Object.keys forgets the type of a closed record's keys.
    .map((area) => ({ area, its: findings.filter((finding) => finding.area === area) }))
    .filter(({ its }) => its.length > 0);
  return [
    `${machine.os}, ${report.platform.arch}, ${machine.libc}, kernel ${machine.kernel}\n`,
    `${machine.cpu}, ${plural(machine.cores, 'usable core')}\n`,
    ...areas.map(({ area, its }) => `\n${titles[area]}\n${its.map(line).join('')}`),
    `\n${plural(count(findings, 'fault'), 'fault')}, ${plural(count(findings, 'note'), 'note')}\n`,
  ].join('');
};
