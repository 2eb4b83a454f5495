import { describeEnvironments, describeSteps, describeTool, nameVersion } from '../model/certificate-text.ts';
import type {
  Certificate,
  Condition,
  JudgedCertificate,
  ModuleLink,
  PolicyBuild,
  PolicyTool,
  TestedEnvironment,
} from '../model/certificate.ts';
import { isOfVersion } from '../model/version.ts';

/** What is known of a build when a certificate's conditions are held against it. What is absent is not known. */
export interface BuildFacts {
  /** Version that the built module says it is, as the catalogue writes it: `fips-3.1.0`. */
  readonly version: string;
  /** The catalogue's line: `fips-2024`. */
  readonly line: string;
  readonly link: ModuleLink;
  /** Digest of the archive that was fetched; absent when the source was no archive (`path:`, `git:`). */
  readonly sourceSha256?: string;
  /** The origin that gave it: `crate`, `https`, `path`, `git`. */
  readonly sourceKind: string;
  /** All arguments of AWS-LC's cmake line, places and all. */
  readonly cmakeArguments: readonly string[];
  /** Targets that the build tool is asked for; absent or empty when all are built. */
  readonly targets?: readonly string[];
  readonly compiler: BuildTool;
  readonly go?: Omit<BuildTool, 'name'>;
  readonly environment: BuildEnvironment;
}

export interface BuildTool {
  /** `gcc`, `clang` */
  readonly name: string;
  /** `12.2.0` */
  readonly version: string;
  /** Whether it is the one that the operating system packages. */
  readonly isPackaged?: boolean;
}

export interface BuildEnvironment {
  /** `Debian GNU/Linux` */
  readonly os: string;
  /** `12` */
  readonly osVersion: string;
  /** uname -m */
  readonly arch: string;
  /** Model name as /proc/cpuinfo says it; on Arm implementer and part. */
  readonly cpuModel?: string;
  /** Machine type as the firmware says it: `c6i.metal`. */
  readonly hardware?: string;
}

type Met = Condition['met'];

const both = (states: readonly Met[]): Met =>
  states.includes(false) ? false : states.includes('unknown') ? 'unknown' : true;
const either = (states: readonly Met[]): Met =>
  states.includes(true) ? true : states.includes('unknown') ? 'unknown' : false;

/** Name and version out of os-release's PRETTY_NAME: `Debian GNU/Linux 12 (bookworm)`. */
export const splitOsName = (prettyName: string): { readonly os: string; readonly osVersion: string } => {
  const [, os = prettyName, osVersion = ''] = /^(.*?)\s+(\d[\w.]*)/.exec(prettyName) ?? [];
  return { os, osVersion };
};

/** Arm's numbers of the cores: a Graviton has no model name. Other machines have the same cores. */
const coreParts = new Map([
  ['Graviton2', '0xd0c'],
  ['Graviton3', '0xd40'],
  ['Graviton4', '0xd4f'],
]);

const matchProcessor = ({ processor, arch }: TestedEnvironment, found: BuildEnvironment): Met => {
  if (arch !== found.arch) return false;
  if (found.cpuModel === undefined) return 'unknown';
  // `8375C` of `Intel Xeon Platinum 8375C`, which the kernel writes with marks and a clock rate.
  const name = processor.split(' ').at(-1) ?? processor;
  return found.cpuModel.split(/[\s()]+/).some((word) => word === name || word === coreParts.get(name));
};

const isSystem = (os: { readonly name: string; readonly version: string }, found: BuildEnvironment): boolean =>
  os.name === found.os && isOfVersion(found.osVersion, os.version);

const matchEnvironment = (tested: TestedEnvironment, found: BuildEnvironment): Met =>
  both([
    isSystem(tested.os, found),
    matchProcessor(tested, found),
    found.hardware === undefined ? 'unknown' : found.hardware === tested.hardware,
  ]);

/** Generator and definitions of a cmake line; where source and build lie is left out. */
const readCmakeLine = (argv: readonly string[]): { readonly generator: string; readonly rest: readonly string[] } => {
  let generator = 'Unix Makefiles';
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '-S' || word === '-B') index += 1;
    else if (word === '-G') generator = argv[(index += 1)] ?? generator;
    else if (word.startsWith('-G')) generator = word.slice('-G'.length);
    else if (!/^(?:\.\.?|cmake3?|-[SB].+)$/.test(word)) rest.push(word);
  }
  return { generator, rest };
};

/** The build of the policy that is for this operating system, else its first. */
const pickBuild = (builds: readonly PolicyBuild[], found: BuildEnvironment): PolicyBuild | undefined =>
  builds.find(({ systems }) => systems.some((os) => isSystem(os, found))) ?? builds[0];

const notPublished = 'not published yet';

const judgeSteps = (build: PolicyBuild | undefined, facts: BuildFacts): Condition => {
  const { generator, rest } = readCmakeLine(facts.cmakeArguments);
  const has = `cmake -G "${generator}" ${rest.join(' ')}`.trim();
  if (build === undefined) return { id: 'steps', met: 'unknown', expected: notPublished, found: has };
  const differences = [
    ...(generator === build.generator ? [] : [`generator ${generator}`]),
    ...rest.filter((word) => !build.cmakeArguments.includes(word)).map((word) => `added ${word}`),
    ...build.cmakeArguments.filter((word) => !rest.includes(word)).map((word) => `left out ${word}`),
    ...((facts.targets ?? []).length > 0 ? [`only the targets ${(facts.targets ?? []).join(', ')}`] : []),
  ];
  const expected = `${describeSteps(build)}, and nothing else`;
  return { id: 'steps', met: differences.length === 0, expected, found: differences.join(', ') || 'as written' };
};

const matchTool = (expected: PolicyTool, found: Partial<BuildTool> | undefined, isPolicySystem: boolean): Met => {
  if (expected.name !== undefined && found?.name !== undefined && found.name !== expected.name) return false;
  if (expected.version !== undefined) {
    return found?.version === undefined ? 'unknown' : isOfVersion(found.version, expected.version);
  }
  // What "the packaged one" is depends on the system: on another system there is no such thing.
  return isPolicySystem && (found?.isPackaged ?? 'unknown');
};

const judgeCompiler = (build: PolicyBuild | undefined, facts: BuildFacts): Condition => {
  const { compiler, go, environment } = facts;
  const system = `${environment.os} ${environment.osVersion}`;
  const found = `${compiler.name} ${compiler.version}, Go ${go?.version ?? 'of unknown version'}, on ${system}`;
  if (build === undefined) return { id: 'compiler', met: 'unknown', expected: notPublished, found };
  const isPolicySystem = build.systems.some((os) => isSystem(os, environment));
  const systems = build.systems.map(({ name, version }) => `${name} ${version}`).join(' or ');
  return {
    id: 'compiler',
    met: both([matchTool(build.compiler, compiler, isPolicySystem), matchTool(build.go, go, isPolicySystem)]),
    expected: `${describeTool('compiler', build.compiler)}, ${describeTool('Go', build.go)}, on ${systems}`,
    found,
  };
};

const judgeSource = ({ source }: Certificate, { sourceSha256, sourceKind }: BuildFacts): Condition => {
  const found = sourceSha256 === undefined ? `${sourceKind}, no archive` : `${sourceKind}, sha256 ${sourceSha256}`;
  return source === undefined
    ? { id: 'source', met: 'unknown', expected: notPublished, found }
    : { id: 'source', met: sourceSha256 === source.sha256, expected: `${source.file}, sha256 ${source.sha256}`, found };
};

const judgeEnvironment = ({ environments }: Certificate, { environment }: BuildFacts): Condition => {
  const { os, osVersion, arch, cpuModel, hardware } = environment;
  const found = `${os} ${osVersion} on ${hardware ?? 'a machine of unknown type'} (${arch}, ${cpuModel ?? 'unknown processor'})`;
  return environments === undefined
    ? { id: 'environment', met: 'unknown', expected: notPublished, found }
    : {
        id: 'environment',
        met: either(environments.map((tested) => matchEnvironment(tested, environment))),
        expected: describeEnvironments(environments).join('; '),
        found,
      };
};

/**
 * Holds the six conditions of a certificate against a build. `unknown` where the certificate or the facts do not say.
 * Six met conditions are no statement that the build is covered: that is for NIST's programme and an accredited lab.
 */
export const judgeCertificate = (certificate: Certificate, facts: BuildFacts): JudgedCertificate => {
  const { id, number, name, status } = certificate;
  const build = pickBuild(certificate.builds ?? [], facts.environment);
  return {
    id,
    ...(number === undefined ? {} : { number }),
    name,
    status,
    conditions: [
      judgeSource(certificate, facts),
      {
        id: 'version',
        met: isOfVersion(facts.version, certificate.version),
        expected: nameVersion(certificate.version),
        found: nameVersion(facts.version),
      },
      judgeSteps(build, facts),
      judgeCompiler(build, facts),
      judgeEnvironment(certificate, facts),
      { id: 'link', met: facts.link === certificate.link, expected: certificate.link, found: facts.link },
    ],
  };
};
