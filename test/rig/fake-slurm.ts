import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeAnswer } from './fake-programs.ts';
import type { World } from './pipeline.ts';

/** A cluster of fake Slurm programs on a world's PATH. Its jobs really run, one array after the other, on this machine. */
export interface FakeSlurm {
  readonly directory: string;
  /** Sets the features of the only node: `generic,x86-64-v3`. */
  readonly offer: (features: string) => Promise<void>;
  /** Puts answers in front of a program's own. */
  readonly interfere: (program: keyof typeof scripts, ...answers: readonly FakeAnswer[]) => Promise<void>;
  /** Holds back every task that has not begun. */
  readonly hold: () => Promise<void>;
  readonly letGo: () => Promise<void>;
  /** `4711_0 COMPLETED`, for each task that was ever submitted, sorted. */
  readonly states: () => Promise<readonly string[]>;
  /** Ends what still runs. */
  readonly stop: () => Promise<void>;
}

const sbatch = (directory: string): string => `
D='${directory}'
AFTER= NAME= LOG= COUNT=
for WORD; do
  case $WORD in
    --job-name=*) NAME=\${WORD#--job-name=} ;;
    --array=0-*) COUNT=\${WORD#--array=0-} ;;
    --output=*) LOG=\${WORD#--output=} ;;
    --dependency=afterok:*) AFTER=\${WORD#--dependency=afterok:} ;;
  esac
  SCRIPT=$WORD
done
ID=$(cat "$D/next")
echo $((ID + 1)) >"$D/next"
cp "$SCRIPT" "$D/scripts/$ID"
K=0
while [ $K -le "$COUNT" ]; do
  mkdir "$D/jobs/\${ID}_$K.part"
  echo "$NAME" >"$D/jobs/\${ID}_$K.part/name"
  echo PENDING >"$D/jobs/\${ID}_$K.part/state"
  mv "$D/jobs/\${ID}_$K.part" "$D/jobs/\${ID}_$K"
  K=$((K + 1))
done
setsid "$D/runner" "$ID" "$COUNT" "$LOG" "$AFTER" >/dev/null 2>&1 </dev/null &
if [ -e "$D/lose-answer" ]; then rm "$D/lose-answer"; kill -9 $PPID; exit 1; fi
echo "$ID"`;

// One task after the other; `override` is what becomes of the task that runs, as a node or a limit decides it.
const runner = (directory: string): string => `#!/bin/sh
D='${directory}'
ID=$1 COUNT=$2 LOG=$3 AFTER=$4
echo $$ >"$D/pids/$$"
put() { echo "$2" >"$D/jobs/$1/state.part"; mv "$D/jobs/$1/state.part" "$D/jobs/$1/state"; }
K=0
while [ $K -le "$COUNT" ]; do
  JOB=\${ID}_$K
  while [ -n "$AFTER" ]; do
    [ -d "$D/jobs" ] || exit 0
    case $(cat "$D/jobs/$AFTER/state") in
      COMPLETED) AFTER= ;;
      PENDING | RUNNING) sleep 0.05 ;;
      *) break ;;
    esac
  done
  if [ "$(cat "$D/jobs/$JOB/state")" != PENDING ]; then :
  elif [ -n "$AFTER" ]; then
    echo DependencyNeverSatisfied >"$D/jobs/$JOB/reason"
    put "$JOB" CANCELLED
  else
    while [ -e "$D/hold" ]; do sleep 0.05; done
    echo n1 >"$D/jobs/$JOB/node"
    put "$JOB" RUNNING
    SLURM_ARRAY_TASK_ID=$K SLURM_CPUS_ON_NODE=1 SLURMD_NODENAME=n1 setsid sh "$D/scripts/$ID" >>"$(echo "$LOG" | sed "s/%a/$K/")" 2>&1 &
    echo $! >"$D/jobs/$JOB/pid"
    if wait $!; then STATE=COMPLETED; else STATE=FAILED; fi
    if [ -e "$D/override" ]; then read -r STATE <"$D/override"; rm "$D/override"; fi
    [ "$(cat "$D/jobs/$JOB/state")" = RUNNING ] && put "$JOB" $STATE
  fi
  K=$((K + 1))
done
`;

const squeue = (directory: string): string => `
D='${directory}'
for WORD; do case $WORD in --name=*) NAMES=,\${WORD#--name=},;; esac; done
for JOB in "$D"/jobs/*_*; do
  [ -e "$JOB/name" ] || continue
  case $JOB in *.part) continue;; esac
  case $NAMES in *,"$(cat "$JOB/name")",*) ;; *) continue;; esac
  [ -e "$JOB/purged" ] && continue
  echo "$(basename "$JOB")|$(cat "$JOB/name")|$(cat "$JOB/state")|$(cat "$JOB/node" 2>/dev/null)|$(cat "$JOB/reason" 2>/dev/null || echo None)"
done`;

const scancel = (directory: string): string => `
D='${directory}'
for WORD; do
  case $WORD in --*) continue;; esac
  for JOB in "$D/jobs/$WORD" "$D/jobs/\${WORD}"_*; do
    [ -d "$JOB" ] || continue
    case $(cat "$JOB/state") in PENDING | RUNNING) ;; *) continue;; esac
    echo CANCELLED >"$JOB/state"
    [ -e "$JOB/pid" ] && kill -TERM -"$(cat "$JOB/pid")"
  done
done
exit 0`;

const scripts = { sbatch, squeue, scancel, sinfo: (directory: string) => `cat '${directory}/features'` };

/** Puts fake Slurm programs on a world's PATH. */
export const fakeSlurm = async (world: World): Promise<FakeSlurm> => {
  const directory = join(world.directory, 'cluster');
  for (const name of ['jobs', 'scripts', 'pids']) await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, 'next'), '100\n');
  await writeFile(join(directory, 'features'), '(null)\n');
  await writeFile(join(directory, 'runner'), runner(directory));
  await chmod(join(directory, 'runner'), 0o755);
  const interfere: FakeSlurm['interfere'] = (program, ...answers) =>
    world.fakes.add({ [program]: [...answers, { script: scripts[program](directory) }] });
  for (const program of ['sbatch', 'squeue', 'scancel', 'sinfo'] as const) await interfere(program);
  const read = async (...path: readonly string[]): Promise<string> =>
    (await readFile(join(directory, ...path), 'utf8').catch(() => '')).trim();
  return {
    directory,
    offer: (features) => writeFile(join(directory, 'features'), `${features}\n`),
    interfere,
    hold: () => writeFile(join(directory, 'hold'), ''),
    letGo: () => rm(join(directory, 'hold')),
    states: async () => {
      const jobs = await readdir(join(directory, 'jobs'));
      return Promise.all(jobs.sort().map(async (job) => `${job} ${await read('jobs', job, 'state')}`));
    },
    stop: async () => {
      const end = (pid: string): void => {
        try {
          if (pid !== '') process.kill(-Number(pid), 'SIGKILL');
        } catch {
          // It has ended.
        }
      };
      for (const pid of await readdir(join(directory, 'pids'))) end(pid);
      for (const job of await readdir(join(directory, 'jobs'))) end(await read('jobs', job, 'pid'));
    },
  };
};
