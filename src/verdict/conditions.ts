import type { Capabilities } from '../model/catalogue.ts';
import type { Cell } from '../model/cell.ts';
import type { When } from '../model/manifest.ts';
import type { EnvironmentFacts } from '../model/suite.ts';
import { isInRange, parseRange, rangesOverlap } from './ranges.ts';

/** What conditions are asked of: the cell that was built and the machine that its suites ran on. */
export interface Facts {
  readonly cell: Cell;
  readonly capabilities: Capabilities;
  readonly environment: EnvironmentFacts;
}

/** AWS-LC's version as ranges spell it: `fips-4.2.0` for a FIPS version, whether or not the cell's version says so itself. */
const awslcVersionOf = (cell: Cell): string =>
  cell.awslc.fips && !cell.awslc.version.startsWith('fips-') ? `fips-${cell.awslc.version}` : cell.awslc.version;

/**
 * Whether AWS-LC has a capability: `pha`, `pskTls13`, `pskWithoutCertificate`, `hash:NAME`, `hmac:NAME` (HMAC of that
 * hash), `group:NAME`, `function:NAME`, `macro:NAME`. Undefined when nothing is known of it (a function that was not
 * probed): then neither `true` nor `false` holds.
 */
export const findCapability = (capabilities: Capabilities, name: string): boolean | undefined => {
  if (name === 'pha' || name === 'pskTls13' || name === 'pskWithoutCertificate') return capabilities[name];
  const [kind, subject = ''] = name.split(/:(.*)/s);
  switch (kind) {
    case 'hash':
      return capabilities.hashes.includes(subject);
    case 'hmac':
      return capabilities.hmacHashes.includes(subject);
    case 'group':
      return capabilities.groups.includes(subject);
    case 'function':
      return capabilities.functions[subject];
    case 'macro':
      return capabilities.macros[subject];
    default:
      return undefined;
  }
};

// True of every cell because no axis says otherwise: cells have a C library of Linux, and no plan has --disable-gil.
const system = 'linux';
const freeThreading = false;

/** Whether every given condition holds. No conditions always hold. */
export const evaluateWhen = (when: When | undefined, facts: Facts): boolean => {
  if (when === undefined) return true;
  const { cell, environment } = facts;
  const isOneOf = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.includes(value);
  const isEqual = (wanted: boolean | undefined, found: boolean | undefined): boolean =>
    wanted === undefined || wanted === found;
  return (
    (when.python === undefined || isInRange(cell.python.version, when.python)) &&
    (when.awslc === undefined || isInRange(awslcVersionOf(cell), when.awslc)) &&
    isOneOf(when.line, cell.awslc.line) &&
    isOneOf(when.link, cell.link) &&
    isOneOf(when.arch, cell.platform.arch) &&
    isOneOf(when.libc, cell.platform.libc) &&
    isOneOf(when.system, system) &&
    isOneOf(when.optimization, cell.optimization) &&
    isEqual(when.freeThreading, freeThreading) &&
    isEqual(when.fips, cell.awslc.fips) &&
    isEqual(when.emulated, environment.emulated) &&
    isEqual(when.network, environment.network) &&
    isEqual(when.ipv6, environment.ipv6) &&
    isEqual(when.root, environment.root) &&
    isEqual(when.timeZoneUtc, environment.timeZoneUtc) &&
    isEqual(when.cLocale, environment.cLocale) &&
    (when.memoryLimitBelowBytes === undefined ||
      (environment.memoryLimitBytes !== undefined && environment.memoryLimitBytes < when.memoryLimitBelowBytes)) &&
    (when.resourceEnabled === undefined || environment.resources.includes(when.resourceEnabled)) &&
    (when.resourceMissing === undefined || !environment.resources.includes(when.resourceMissing)) &&
    Object.entries(when.capability ?? {}).every(([name, wanted]) => findCapability(facts.capabilities, name) === wanted)
  );
};

const listsMeet = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a === undefined || b === undefined || a.some((value) => b.includes(value));

const booleansMeet = (a: boolean | undefined, b: boolean | undefined): boolean =>
  a === undefined || b === undefined || a === b;

/** Whether a resource that one asks for is not one that the other wants missing. */
const resourcesMeet = (enabled: string | undefined, missing: string | undefined): boolean =>
  enabled === undefined || enabled !== missing;

const rangesMeet = (a: string | undefined, b: string | undefined): boolean => {
  if (a === undefined || b === undefined) return true;
  const first = parseRange(a);
  const second = parseRange(b);
  return first.ok && second.ok && rangesOverlap(first.value, second.value);
};

/** Whether there can be a cell and machine for which both sets of conditions hold: what cannot be excluded counts as possible. */
export const conditionsOverlap = (a: When = {}, b: When = {}): boolean =>
  rangesMeet(a.python, b.python) &&
  rangesMeet(a.awslc, b.awslc) &&
  listsMeet(a.line, b.line) &&
  listsMeet(a.link, b.link) &&
  listsMeet(a.arch, b.arch) &&
  listsMeet(a.libc, b.libc) &&
  listsMeet(a.system, b.system) &&
  listsMeet(a.optimization, b.optimization) &&
  booleansMeet(a.freeThreading, b.freeThreading) &&
  booleansMeet(a.fips, b.fips) &&
  booleansMeet(a.emulated, b.emulated) &&
  booleansMeet(a.network, b.network) &&
  booleansMeet(a.ipv6, b.ipv6) &&
  booleansMeet(a.root, b.root) &&
  booleansMeet(a.timeZoneUtc, b.timeZoneUtc) &&
  booleansMeet(a.cLocale, b.cLocale) &&
  resourcesMeet(a.resourceEnabled, b.resourceMissing) &&
  resourcesMeet(b.resourceEnabled, a.resourceMissing) &&
  Object.entries(a.capability ?? {}).every(([name, wanted]) => booleansMeet(wanted, b.capability?.[name]));
