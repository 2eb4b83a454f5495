import type { DoctorReport } from '../model/doctor.ts';
import { choosePackages } from '../io/packages.ts';
import { makeSysroot } from '../io/sysroot.ts';
import type { Failure } from '../model/failure.ts';
import type { CrossKnowledge } from '../model/knowledge.ts';
import { prettyJson } from '../model/json.ts';
import type { Missing } from '../plan/toolchain.ts';
import { formatDoctor, worstLevel } from '../report/doctor.ts';
import { sysrootDir } from '../run/adopt-sysroot.ts';
import { nameStore } from '../run/store.ts';
import type { CacheOptions } from './cache-options.ts';
import type { CommandContext } from './context.ts';
import {
  readDoctorFacts,
  readOrigins,
  readToolchainFacts,
  type DoctorFacts,
  type DoctorSetting,
  type OriginState,
  type ToolchainFacts,
} from './doctor-facts.ts';
import { judgeDoctorFacts } from './doctor-findings.ts';
import { describeMissing, installMissing } from './doctor-fix.ts';
import { locateStore } from './settings.ts';

export interface DoctorOptions extends CacheOptions {
  readonly json?: boolean;
  /** Installs what is missing. */
  readonly fix?: boolean;
  /** Does not ask before installing. */
  readonly yes?: boolean;
  /** Where the store is; the XDG cache directory unless given. */
  readonly store?: string;
  /** Looks only at what no build can do without; no report when that is there. */
  readonly required?: boolean;
  /** What FIPS lines need counts as required: of every line, or of a year's. */
  readonly fips?: string | boolean;
  /** What a build for this target needs counts as required: of another machine, cross tools and libraries. */
  readonly target?: string;
}

export interface EnsureOptions {
  readonly yes?: boolean;
  readonly fips?: string | boolean;
  readonly offline?: boolean;
  /** Whether sources may have to be fetched: then an origin must be usable. True unless given. */
  readonly sources?: boolean;
}

const serves = (origins: readonly OriginState[] | 'not asked', subject: OriginState['subject']): boolean =>
  origins === 'not asked' || origins.some((origin) => origin.subject === subject && origin.usable);

/** cargo becomes required where no other origin of AWS-LC serves. */
const withOrigins = (missing: readonly Missing[], origins: readonly OriginState[] | 'not asked'): readonly Missing[] =>
  missing.map((item) =>
    item.need === 'origin' && !serves(origins, 'AWS-LC') ? { ...item, need: 'required' as const } : item,
  );

/** apt's lists are also what the debian origin asks: where nothing else serves CPython they are fetched for that alone. */
const needsLists = (facts: ToolchainFacts, origins: readonly OriginState[] | 'not asked'): boolean =>
  facts.host.packageFamily === 'apt' && !facts.packageLists && !serves(origins, 'CPython');

const install = (
  missing: readonly Missing[],
  facts: ToolchainFacts,
  yes: boolean,
  context: CommandContext,
  setting: DoctorSetting,
): Promise<readonly Failure[]> =>
  installMissing(
    {
      missing,
      family: facts.host.packageFamily,
      families: facts.knowledge.families,
      refresh: !facts.packageLists,
      yes,
      ...(setting.userId === undefined ? {} : { userId: setting.userId }),
    },
    context,
  );

/** Asks the origins only when it is not plain already that the local ones (apt's lists, cargo) will do. */
const readOriginsIfNeeded = async (
  facts: ToolchainFacts,
  options: EnsureOptions,
  context: CommandContext,
): Promise<readonly OriginState[] | 'not asked'> => {
  if (options.offline === true || options.sources === false) return 'not asked';
  const cargo = !facts.missing.some((item) => item.name === 'cargo');
  return facts.packageLists && facts.host.packageFamily === 'apt' && cargo ? 'not asked' : readOrigins(facts, context);
};

/**
 * Makes sure that a build can start: nothing happens when every required tool and library is there. Otherwise what is
 * required and recommended is installed in one go, under doctor's rules of consent, and looked at again.
 * Failures: those of `installMissing`; `tool-missing` and `package-missing` for what is still missing afterwards.
 */
export const ensureToolchain = async (
  options: EnsureOptions,
  context: CommandContext,
  setting: DoctorSetting = {},
): Promise<readonly Failure[]> => {
  const facts = await readToolchainFacts(context, setting, options.fips);
  if (!facts.ok) return [facts.error];
  const origins = await readOriginsIfNeeded(facts.value, options, context);
  const missing = withOrigins(facts.value.missing, origins);
  const lists = needsLists(facts.value, origins);
  if (!missing.some((item) => item.need === 'required') && !lists) return [];
  const wanted = missing.filter((item) => item.need === 'required' || item.need === 'recommended');
  const failures = await install(wanted, facts.value, options.yes === true, context, setting);
  if (failures.length > 0) return failures;
  const after = await readToolchainFacts(context, setting, options.fips);
  if (!after.ok) return [after.error];
  return describeMissing(
    withOrigins(after.value.missing, origins).filter((item) => item.need === 'required'),
    'The package manager ended well, and it is still not there: look at PATH, and at what it installed.',
  );
};

const makeReport = (facts: DoctorFacts): DoctorReport => {
  const { host, knowledge, missing } = facts;
  const findings = judgeDoctorFacts(facts);
  return {
    version: 1,
    kind: 'doctor',
    level: worstLevel(findings),
    platform: host.platform,
    machine: host.machine,
    ...(host.packageFamily === undefined ? {} : { packageFamily: host.packageFamily }),
    tools: [...host.tools],
    modules: knowledge.libraries.flatMap((library) =>
      library.modules.map((module) => ({
        name: module.name,
        library: library.name,
        given:
          module.withoutIt !== undefined ||
          !missing.some((item) => item.kind === 'library' && item.name === library.name),
      })),
    ),
    findings: [...findings],
  };
};

/** Puts the libraries of another machine beside the store's entries. Nothing of this machine changes, so nobody is asked. */
const fillSysroot = async (
  cross: CrossKnowledge,
  options: DoctorOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const { env, signal } = context;
  const into = sysrootDir(nameStore(locateStore(options.store, context)), cross.triple);
  context.err(`Packages of ${cross.sysroot.debian} are unpacked in ${into}\n`);
  const chosen = await choosePackages(
    'apt',
    cross.sysroot.packages.map((item) => ({ item })),
    { env, signal },
  );
  const made = await makeSysroot({ architecture: cross.sysroot.debian, packages: chosen.packages, into, env, signal });
  return made.ok ? [] : [made.error];
};

/**
 * Looks at this machine and says what stands in the way of a build. With `fix`, installs what is missing and looks again.
 * Failures: `doctor-faults`, and those of the installation (`consent-required` with the exact command).
 */
export const runDoctor = async (
  options: DoctorOptions,
  context: CommandContext,
  setting: DoctorSetting = {},
): Promise<readonly Failure[]> => {
  if (options.required === true && options.fix === true && options.target === undefined) {
    return ensureToolchain(options, context, setting);
  }
  let facts = await readDoctorFacts(options, context, setting);
  if (!facts.ok) return facts.error;
  let failures: readonly Failure[] = [];
  if (options.fix === true) {
    // What only FIPS lines or an unneeded origin would use is said, not installed: Go alone takes hundreds of megabytes.
    const missing = withOrigins(facts.value.missing, facts.value.origins).filter(
      (item) => item.need !== 'fips' && item.need !== 'origin',
    );
    if (missing.length > 0 || needsLists(facts.value, facts.value.origins)) {
      failures = await install(missing, facts.value, options.yes === true, context, setting);
      facts = await readDoctorFacts(options, context, setting);
      if (!facts.ok) return facts.error;
    }
  }
  const { cross } = facts.value;
  if (options.fix === true && cross !== undefined && !facts.value.sysroot && failures.length === 0) {
    failures = await fillSysroot(cross, options, context);
    facts = await readDoctorFacts(options, context, setting);
    if (!facts.ok) return facts.error;
  }
  const report = makeReport(facts.value);
  const findings =
    options.required === true ? report.findings.filter((finding) => finding.level === 'fault') : report.findings;
  const shown: DoctorReport = { ...report, findings };
  context.out(options.json === true ? prettyJson(shown) : formatDoctor(shown, { color: context.terminal.color }));
  const faults = findings
    .filter((finding) => finding.level === 'fault')
    .map((finding) => `${finding.name}: ${finding.text}`);
  return [...failures, ...(faults.length === 0 ? [] : [{ code: 'doctor-faults' as const, faults }])];
};
