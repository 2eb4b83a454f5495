import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeTree } from '../../src/io/files.ts';
import { listOnPath } from '../../src/io/on-path.ts';

const execute = promisify(execFile);
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'sinfo', 'scontrol'];

/** Which programs of Slurm are missing here. */
export const findMissingSlurm = async (): Promise<readonly string[]> => {
  const found = await Promise.all(programs.map((name) => listOnPath(name, path)));
  return programs.filter((_, index) => found[index]?.length === 0);
};

/** Installs Debian's Slurm. */
export const installSlurm = async (): Promise<void> => {
  const install = 'apt-get install -y --no-install-recommends munge slurmctld slurmd slurm-client';
  // Its daemons are not to start by themselves: the tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await execute('sh', ['-c', `${install} || { apt-get update && ${install}; }`], { env });
};

/** A cluster of real daemons in a directory of its own: one controller, and nodes that are this machine under several names. */
export interface RealSlurm {
  readonly directory: string;
  /** For SLURM_CONF. */
  readonly conf: string;
  readonly run: (program: string, ...args: readonly string[]) => Promise<string>;
  readonly startNode: (name: string) => void;
  /** Kills a node's slurmd and all that runs on it, as a power cut does, and tells the controller that it is down. */
  readonly killNode: (name: string) => Promise<void>;
  /** Ends the controller and starts it again. */
  readonly restartController: (whileDown: () => Promise<void>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });

/** Processes with their parent, command line and environment: what this user may read of them. */
const listProcesses = (): readonly {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly env: string;
}[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', ' ');
      const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(read('stat'))?.[1]);
      return [{ pid: Number(name), parent, command: read('cmdline'), env: read('environ') }];
    } catch {
      return [];
    }
  });

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/** Starts munged, slurmctld and a slurmd for each node, whose features are given. */
export const startSlurm = async (features: Readonly<Record<string, string>>): Promise<RealSlurm> => {
  const directory = await mkdtemp(join(tmpdir(), 'slurm-'));
  await chmod(directory, 0o755);
  const inside = (name: string): string => join(directory, name);
  for (const name of ['state', 'munge', ...Object.keys(features).map((node) => `spool-${node}`)]) {
    await mkdir(inside(name), { mode: 0o755 });
  }
  await writeFile(inside('munge/key'), randomBytes(64), { mode: 0o400 });
  const nodes: string[] = [];
  for (const [node, feature] of Object.entries(features)) {
    nodes.push(
      `NodeName=${node} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=2 Feature=${feature} State=UNKNOWN`,
    );
  }
  const conf = inside('slurm.conf');
  await writeFile(
    conf,
    `ClusterName=small
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${inside('munge/socket')}
CredType=cred/munge
StateSaveLocation=${inside('state')}
SlurmdSpoolDir=${inside('spool-%n')}
SlurmctldPidFile=${inside('slurmctld.pid')}
SlurmdPidFile=${inside('slurmd-%n.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
JobRequeue=1
ReturnToService=2
SlurmdTimeout=30
SlurmctldTimeout=30
KillWait=2
${nodes.join('\n')}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { PATH: path, SLURM_CONF: conf, HOME: '/', LC_ALL: 'C' };
  const daemons = new Map<string, ChildProcess>();
  const start = (name: string, command: string, args: readonly string[]): void => {
    const log = createWriteStream(inside(`${name}.log`), { flags: 'a' });
    const child = spawn(command, args, { env, cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    daemons.set(name, child);
  };
  const end = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    const child = daemons.get(name);
    daemons.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  };
  const run = async (program: string, ...args: readonly string[]): Promise<string> =>
    (await execute(program, args, { env, cwd: '/' })).stdout;
  const patiently = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 150; tries++) {
      if (await isSo().catch(() => false)) return;
      await sleep(200);
    }
    const logs = await Promise.all(
      [...daemons.keys()].map(
        async (name) => `${name}:\n${await readFile(inside(`${name}.log`), 'utf8').catch(() => '')}`,
      ),
    );
    throw new Error(`${what}: not within 30 s\n${logs.join('\n')}`);
  };
  const startController = (): void => {
    start('slurmctld', 'slurmctld', ['-D', '-f', conf]);
  };
  const startNode = (name: string): void => {
    start(name, 'slurmd', ['-D', '-N', name, '-f', conf]);
  };
  /** Kills what runs on a node, or on all: the steps' daemons first, so that nobody reports how the jobs ended. */
  const killJobs = (node?: string): void => {
    const all = listProcesses();
    const jobs = all.filter(
      ({ env: own }) =>
        own.includes(`SLURM_CONF=${conf} `) &&
        own.includes('SLURM_JOB_ID=') &&
        (node === undefined || own.includes(`SLURMD_NODENAME=${node} `)),
    );
    const parents = new Set(jobs.map(({ parent }) => parent));
    for (const { pid, command } of all) if (parents.has(pid) && command.startsWith('slurmstepd')) kill(pid);
    for (const { pid } of jobs) kill(pid);
  };
  start('munged', 'munged', [
    '--foreground',
    `--key-file=${inside('munge/key')}`,
    `--socket=${inside('munge/socket')}`,
    `--pid-file=${inside('munge/pid')}`,
    `--log-file=${inside('munge/log')}`,
    `--seed-file=${inside('munge/seed')}`,
  ]);
  await patiently('munge', () => run('munge', '-n', '-S', inside('munge/socket')).then(() => true));
  startController();
  for (const node of Object.keys(features)) startNode(node);
  await patiently('idle nodes', async () => {
    const states = await run('sinfo', '--noheader', '--Node', '--format=%N %t');
    return Object.keys(features).every((node) => states.includes(`${node} idle`));
  });
  return {
    directory,
    conf,
    run,
    startNode,
    killNode: async (name) => {
      await end(name, 'SIGKILL');
      killJobs(name);
      await run('scontrol', 'update', `NodeName=${name}`, 'State=DOWN', 'Reason=killed');
    },
    restartController: async (whileDown) => {
      await end('slurmctld', 'SIGTERM');
      await whileDown();
      startController();
      await patiently('the controller', () => run('scontrol', 'ping').then((text) => /UP/.test(text)));
    },
    stop: async () => {
      for (const name of [...daemons.keys()].reverse()) if (name !== 'munged') await end(name, 'SIGTERM');
      killJobs();
      await end('munged', 'SIGTERM');
      await removeTree(directory);
    },
  };
};
