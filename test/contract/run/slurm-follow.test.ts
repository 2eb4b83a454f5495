import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import type { Result } from '../../../src/model/result.ts';
import type { SlurmMatrix, Task } from '../../../src/model/slurm.ts';
import type { TaskEnd } from '../../../src/run/slurm-ends.ts';
import { followMatrix } from '../../../src/run/slurm-follow.ts';
import { createMatrix } from '../../../src/run/slurm-state.ts';
import { chooseOpenTasks } from '../../../src/run/slurm-submit.ts';
import { fakePrograms, type FakeAnswer, type FakePrograms } from '../../rig/fake-programs.ts';

let directory: string;
let fakes: FakePrograms;
let events: RunEvent[];
const taskOf = (index: number, kind: Task['kind'], after: number | null): Task => ({
  index,
  kind,
  title: `${kind} ${index}`,
  cells: ['x'],
  after,
  feature: null,
});
const matrix: SlurmMatrix = {
  version: 1,
  kind: 'slurm-matrix',
  id: 'm',
  tool: '0',
  createdAt: '2026-01-01T00:00:00.000Z',
  command: ['node', 'cli'],
  selection: [],
  stage: 'test',
  failFast: false,
  options: { args: [] },
  asked: ['x'],
  tasks: [taskOf(0, 'core', null), taskOf(1, 'cell', 0)],
  refused: [],
  submissions: [
    { name: 'a', tasks: [0], job: '7' },
    { name: 'b', tasks: [1], job: '8' },
  ],
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'follow-'));
  fakes = await fakePrograms(directory, { scancel: {} });
  events = [];
  await createMatrix(join(directory, 'm'), matrix);
});
afterEach(() => removeTree(directory));

const exitOf = async (task: number, code: number): Promise<void> => {
  await mkdir(join(directory, 'm/tasks', String(task)), { recursive: true });
  await writeFile(join(directory, 'm/tasks', String(task), 'exit'), `${code}\n`);
};
const follow = async (
  squeue: readonly FakeAnswer[],
  patienceMs = 60_000,
): Promise<Result<ReadonlyMap<number, TaskEnd>>> => {
  await fakes.add({ squeue });
  return followMatrix(matrix, {
    directory: join(directory, 'm'),
    access: { env: { PATH: fakes.path } },
    signal: new AbortController().signal,
    poll: { firstMs: 5, lastMs: 20 },
    patienceMs,
    listener: (event) => events.push(event),
    tell: () => undefined,
  });
};
const notices = (): readonly string[] => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
const done = '7_0|a|COMPLETED|n1|None\n';

describe('following jobs', () => {
  it('a job that Slurm has forgotten and that left nothing has died; one that left its exit has not', async () => {
    await exitOf(0, 0);
    const ended = await follow([{ stdout: '' }]);
    expect(ended.ok && [...ended.value]).toEqual([
      [0, { end: 'exited', exitCode: 0, failures: [] }],
      [
        1,
        {
          end: 'died',
          failure: expect.objectContaining({ code: 'task-failed', state: 'GONE', job: '8_0' }) as unknown,
        },
      ],
    ]);
  });

  it('a job that waits for what will never be is cancelled, where Slurm does not do it itself', async () => {
    await exitOf(0, 1);
    const core = '7_0|a|FAILED|n1|NonZeroExitCode\n';
    const ended = await follow([
      { call: 1, stdout: `${core}8_0|b|PENDING||DependencyNeverSatisfied\n` },
      { stdout: `${core}8_0|b|CANCELLED||DependencyNeverSatisfied\n` },
    ]);
    expect(ended.ok && ended.value.get(1)).toEqual({ end: 'skipped' });
    expect(await fakes.commandLines('scancel')).toEqual(['scancel --quiet 8_0']);
  });

  it('says why jobs wait when somebody may have to do something, once', async () => {
    await exitOf(0, 0);
    await exitOf(1, 3);
    const held = `${done}8_0|b|PENDING||JobHeldAdmin\n`;
    const ended = await follow([
      ...[1, 2].map((call) => ({ call, stdout: held })),
      { call: 3, stdout: `${done}8_0|b|RUNNING|n2|None\n` },
      { stdout: `${done}8_0|b|FAILED|n2|NonZeroExitCode\n` },
    ]);
    expect(ended.ok && ended.value.get(1)).toMatchObject({ end: 'exited', exitCode: 3 });
    expect(notices()).toEqual(['jobs wait: JobHeldAdmin']);
    expect(events.at(-1)).toMatchObject({ type: 'step-finished', outcome: 'done', note: 'on n2, unexpected verdicts' });
  });

  it('an exit that was written while memory ran out is no end of the task’s own', async () => {
    await exitOf(0, 0);
    await exitOf(1, 1);
    const ended = await follow([{ stdout: `${done}8_0|b|OUT_OF_MEMORY|n1|OutOfMemory\n` }]);
    expect(ended.ok && ended.value.get(1)).toMatchObject({ end: 'died', failure: { state: 'OUT_OF_MEMORY' } });
  });

  it('gives up on a controller that is silent for longer than is waited for', async () => {
    const ended = await follow(
      [{ stderr: 'slurm_load_jobs error: Unable to contact slurm controller\n', exitCode: 1 }],
      2000,
    );
    expect(ended).toMatchObject({ ok: false, error: { code: 'slurm-refused' } });
    expect(notices()).toEqual([expect.stringContaining('does not answer')]);
  });
});

describe('what is submitted when a matrix is resumed', () => {
  const open = async (states: Parameters<typeof chooseOpenTasks>[2]): Promise<unknown> => {
    const chosen = await chooseOpenTasks(matrix, join(directory, 'm'), states);
    return [chosen.open.map(({ index }) => index), [...chosen.doneCores]];
  };
  const running = { phase: 'running', state: 'RUNNING', node: 'n1', reason: '', position: 0 } as const;

  it('is what has neither a result nor a job', async () => {
    expect(await open([])).toEqual([[0, 1], []]);
    expect(await open([{ ...running, job: '7_0', name: 'a' }])).toEqual([[1], []]);
    await exitOf(0, 0);
    expect(await open([])).toEqual([[1], [0]]);
    await exitOf(1, 3);
    expect(await open([])).toEqual([[], [0]]);
  });

  it('is also a core that failed, as long as a cell needs it', async () => {
    await exitOf(0, 1);
    expect(await open([])).toEqual([[0, 1], []]);
    await exitOf(1, 1);
    expect(await open([])).toEqual([[], []]);
  });
});
