import type { Finding } from '../model/doctor.ts';
import type { KnownBad, LibraryKnowledge, Need, ToolKnowledge } from '../model/knowledge.ts';
import { findKnownBad, type Missing } from '../plan/toolchain.ts';
import type { DoctorFacts, OriginState } from './doctor-facts.ts';
import { judgeSharing } from './doctor-store.ts';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const levelOf = (need: Need): Finding['level'] => (need === 'required' ? 'fault' : 'note');

const howToGet = (missing: Missing, facts: DoctorFacts): string => {
  const family = facts.host.packageFamily;
  const automatic = missing.need !== 'fips' && missing.need !== 'origin';
  if (family === undefined) return `Install ${missing.name}; no package manager that is known was found here.`;
  const packages = missing.packages[family];
  if (packages.length === 0) return `Install ${missing.name}; ${family} has no package of it.`;
  const untried = facts.knowledge.families[family].tried ? '' : ' (names not tried on this family)';
  const names = packages.map((item) => item.replaceAll(' | ', ' or ')).join(', ');
  return `${automatic ? '`doctor --fix` installs' : 'If you want it: install'} ${names}${untried}.`;
};

const toolFinding = (tool: ToolKnowledge, facts: DoctorFacts): Finding => {
  const { name } = tool;
  const missing = facts.missing.find((item) => item.kind === 'tool' && item.name === name);
  if (missing === undefined) {
    const version = facts.host.tools.find((found) => found.name === name)?.version ?? '';
    return { area: 'toolchain', name, level: 'ok', text: version };
  }
  const only = { fips: ', only for FIPS lines', origin: ', only when no other origin serves' };
  const clause = missing.need === 'fips' || missing.need === 'origin' ? only[missing.need] : '';
  const what =
    missing.found === undefined
      ? 'not found'
      : `${missing.found}: older than ${tool.minimum?.version ?? ''} (${tool.minimum?.reason ?? ''})`;
  return {
    area: 'toolchain',
    name,
    level: levelOf(missing.need),
    text: `${what}; needed to ${tool.purpose}${clause}`,
    next: howToGet(missing, facts),
  };
};

const moduleText = (module: LibraryKnowledge['modules'][number]): string => {
  const range =
    module.firstSeries !== undefined
      ? ` (${module.firstSeries} and later)`
      : module.lastSeries !== undefined
        ? ` (${module.lastSeries} and older)`
        : '';
  return `${module.name}${range}`;
};

const libraryFinding = (library: LibraryKnowledge, facts: DoctorFacts): Finding => {
  const { name } = library;
  const modules = library.modules.map(moduleText).join(', ');
  const substitutes = library.modules.flatMap((module) => module.withoutIt ?? []);
  const missing = facts.missing.find((item) => item.kind === 'library' && item.name === name);
  if (missing === undefined) {
    const version = facts.host.devPackages.find((found) => found.library === name)?.version ?? '';
    const text =
      library.twin === true ? `${facts.host.openssl?.version ?? ''}: for the twin` : `${version}: gives ${modules}`;
    return { area: 'libraries', name, level: 'ok', text };
  }
  return {
    area: 'libraries',
    name,
    level: levelOf(missing.need),
    text:
      substitutes.length > 0
        ? `headers not found: for ${modules} ${substitutes.join(', ')}`
        : `headers not found: ${library.twin === true ? 'no twin' : `no ${modules}`}; lost: ${library.losing}`,
    next: howToGet(missing, facts),
  };
};

const sysrootFindings = (facts: DoctorFacts): readonly Finding[] => {
  const { cross } = facts;
  if (cross === undefined) return [];
  const name = `for ${cross.triple}`;
  if (facts.sysroot)
    return [{ area: 'libraries', name, level: 'ok', text: 'C library, headers and -dev packages are there' }];
  const next =
    facts.host.packageFamily === 'apt'
      ? '`doctor --fix` unpacks Debian’s packages beside the store; nothing of this machine changes.'
      : 'Make a directory of that machine’s usr/include, usr/lib and lib, and name it: --sysroot DIR.';
  return [{ area: 'libraries', name, level: 'fault', text: 'C library, headers and -dev packages not found', next }];
};

const runtimeFindings = (facts: DoctorFacts): readonly Finding[] =>
  facts.knowledge.runtime.map(({ name, purpose }): Finding => {
    const missing = facts.missing.find((item) => item.kind === 'runtime' && item.name === name);
    if (missing === undefined) return { area: 'runtime', name, level: 'ok', text: purpose };
    const level = missing.need === 'required' ? 'fault' : 'note';
    return { area: 'runtime', name, level, text: `not found: ${purpose}`, next: howToGet(missing, facts) };
  });

const linesOf = (bad: KnownBad): string =>
  bad.lines
    .map(({ line, fixedIn }) => (fixedIn === undefined ? line : `${line} before ${fixedIn}`))
    .concat(bad.link === undefined ? [] : [`link mode ${bad.link}`])
    .join(', ');

const knownBadFindings = (facts: DoctorFacts): readonly Finding[] => {
  const hits = findKnownBad(facts.host, facts.knowledge);
  if (hits.length === 0) {
    return [{ area: 'known-bad', name: 'ranges', level: 'ok', text: 'no tool is in a range known to be bad' }];
  }
  return hits.map(({ bad, found }): Finding => {
    // A line that copes from some version on is only a fault for who asks for an older one: the plan knows, not doctor.
    const always = facts.lines.some((wanted) =>
      bad.lines.some(({ line, fixedIn }) => line === wanted && fixedIn === undefined),
    );
    return {
      area: 'known-bad',
      name: bad.tool,
      level: always && bad.severity === 'fails' && bad.link !== 'shared' ? 'fault' : 'note',
      text: `${found} with AWS-LC ${linesOf(bad)}: ${bad.problem}`,
      next: `${bad.next} See ${bad.evidence[0] ?? ''}`,
    };
  });
};

const cpuFindings = (facts: DoctorFacts): readonly Finding[] => {
  const has = new Set(facts.cpuFeatures);
  return facts.knowledge.cpuFeatures
    .filter(({ arch }) => arch === facts.host.platform.arch)
    .map(({ name, flags, gives }): Finding => {
      const lacking = flags.filter((flag) => !has.has(flag));
      return lacking.length === 0
        ? { area: 'cpu', name, level: 'ok', text: gives }
        : {
            area: 'cpu',
            name,
            level: 'note',
            text: `lacks ${lacking.join(', ')}; AWS-LC takes a slower path: ${gives}`,
          };
    });
};

const resourceFindings = (facts: DoctorFacts): readonly Finding[] => {
  const { diskBytes, memoryBytes } = facts.knowledge.resources;
  const level = (bytes: number, limits: { fault: number; note: number }): Finding['level'] =>
    bytes < limits.fault ? 'fault' : bytes < limits.note ? 'note' : 'ok';
  const disk: Finding =
    facts.disk === undefined
      ? { area: 'resources', name: 'disk', level: 'note', text: 'free space could not be read' }
      : {
          area: 'resources',
          name: 'disk',
          level: level(facts.disk.freeBytes, diskBytes),
          text: `${gigabytes(facts.disk.freeBytes)} free at ${facts.disk.path}`,
          ...(facts.disk.freeBytes < diskBytes.note
            ? { next: `A first build wants ${gigabytes(diskBytes.note)}; --store DIR takes another disk.` }
            : {}),
        };
  const memory = facts.host.machine.memoryBytes;
  return [
    disk,
    {
      area: 'resources',
      name: 'memory',
      level: level(memory, memoryBytes),
      text: `${gigabytes(memory)} usable`,
      ...(memory < memoryBytes.note ? { next: '--jobs 1 needs the least memory.' } : {}),
    },
  ];
};

const clockFindings = (facts: DoctorFacts): readonly Finding[] => {
  const { notBefore, certificates } = facts.knowledge.clock;
  const today = new Date(facts.nowMs).toISOString().slice(0, 10);
  if (today < notBefore) {
    return [
      {
        area: 'clock',
        name: 'clock',
        level: 'fault',
        text: `it shows ${today}, before this tool was released (${notBefore}): certificates will look not yet valid`,
        next: 'Set the clock.',
      },
    ];
  }
  const expired = certificates.filter(({ expires }) => today > expires);
  return [
    { area: 'clock', name: 'clock', level: 'ok', text: today },
    ...expired.map(({ series, file, expires, effect }): Finding => ({
      area: 'clock',
      name: 'certificates',
      level: 'note',
      text: `${file} of CPython ${series} expired on ${expires}: ${effect} will fail`,
    })),
  ];
};

const originFindings = (origins: DoctorFacts['origins']): readonly Finding[] => {
  if (origins === 'not asked') {
    return [{ area: 'origins', name: 'origins', level: 'note', text: 'not asked (--offline)' }];
  }
  const served = (subject: OriginState['subject']): boolean =>
    origins.some((origin) => origin.subject === subject && origin.usable);
  return origins.map((origin): Finding => {
    const name = `${origin.subject}: ${origin.name}`;
    if (origin.usable) return { area: 'origins', name, level: 'ok', text: 'can serve' };
    return served(origin.subject)
      ? { area: 'origins', name, level: 'note', text: `${origin.reason}; another origin serves` }
      : {
          area: 'origins',
          name,
          level: 'fault',
          text: `${origin.reason}; no origin of ${origin.subject} is left`,
          next: 'Make one of its origins usable, give a --mirror, or a path: source.',
        };
  });
};

/** Judges the facts: one finding per thing looked at, in the order of the report. */
export const judgeDoctorFacts = (facts: DoctorFacts): readonly Finding[] => [
  ...facts.knowledge.tools.map((tool) => toolFinding(tool, facts)),
  ...facts.knowledge.libraries.map((library) => libraryFinding(library, facts)),
  ...sysrootFindings(facts),
  ...runtimeFindings(facts),
  ...knownBadFindings(facts),
  ...cpuFindings(facts),
  ...resourceFindings(facts),
  ...clockFindings(facts),
  facts.utf8
    ? { area: 'locale', name: 'UTF-8', level: 'ok', text: 'a UTF-8 locale is there' }
    : {
        area: 'locale',
        name: 'UTF-8',
        level: 'note',
        text: 'no UTF-8 locale: suites with other than ASCII file names will skip or fail',
        next: 'Install a locale, C.UTF-8 for instance.',
      },
  ...originFindings(facts.origins),
  ...judgeSharing(facts.cache, facts.sharedStore),
];
