import type { PolicyBuild, PolicyTool, TestedEnvironment } from './certificate.ts';

/** `fips-3.1.0` as AWS-LC says it: `AWS-LC FIPS 3.1.0`. */
export const nameVersion = (version: string): string =>
  version.startsWith('fips-') ? `AWS-LC FIPS ${version.slice('fips-'.length)}` : `AWS-LC ${version}`;

/** What a policy tested, a machine at a time: `Amazon Linux 2 or Ubuntu 22.04 on c5.metal (Intel Xeon Platinum 8275CL)`. */
export const describeEnvironments = (environments: readonly TestedEnvironment[]): readonly string[] => {
  const machines = new Map<string, string[]>();
  for (const { os, hardware, processor } of environments) {
    const machine = `${hardware} (${processor})`;
    machines.set(machine, [...(machines.get(machine) ?? []), `${os.name} ${os.version}`]);
  }
  return [...machines].map(([machine, systems]) => `${systems.join(' or ')} on ${machine}`);
};

/** The commands of a policy's build in one line: `cmake -DFIPS=1, make`. */
export const describeSteps = ({ generator, cmakeArguments }: PolicyBuild): string =>
  generator === 'Ninja'
    ? `cmake -GNinja ${cmakeArguments.join(' ')}, ninja`
    : `cmake ${cmakeArguments.join(' ')}, make`;

/** A tool as a policy asks for it: `gcc 7`, `compiler of yum group "Development Tools"`. */
export const describeTool = (kind: string, { name = kind, version, from }: PolicyTool): string =>
  `${name}${version === undefined ? '' : ` ${version}`}${from === undefined ? '' : ` of ${from}`}`;
