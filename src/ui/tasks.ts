import {
  Listr,
  ListrLogger,
  ProcessOutput,
  DefaultRenderer,
  type ListrDefaultRendererLogLevels,
  type ListrTaskWrapper,
  type SimpleRenderer,
} from 'listr2';
import type { RunEvent } from '../model/event.ts';
import type { Display, DisplayOptions } from './display.ts';
import { formatElapsed } from './lines.ts';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** listr2 asks whether standard output is a terminal; we draw on standard error, and have asked about that one. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

/** One step on the screen. */
interface Shown {
  readonly settled: Promise<void>;
  readonly finish: () => void;
  readonly fail: () => void;
  task?: Task;
}

const makeShown = (): Shown => {
  let finish = (): void => undefined;
  let fail = (): void => undefined;
  const settled = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = () => {
      reject(new Error('failed'));
    };
  });
  return { settled, finish, fail };
};

/**
 * Steps as listr2 tasks. The tasks run nothing: each is a promise that its step's events settle. All of them begin
 * without a title, which keeps them hidden, and get it when their step starts or is found recorded.
 */
export const makeTasks = ({ write }: DisplayOptions): Display => {
  const shown = new Map<string, Shown>();
  const notices: string[] = [];
  let running: Promise<unknown> = Promise.resolve();

  const begin = (steps: readonly { readonly id: string }[]): void => {
    const tasks = steps.map(({ id }) => {
      const entry = makeShown();
      shown.set(id, entry);
      return {
        task: (_: unknown, task: Task): Promise<void> => {
          entry.task = task;
          return entry.settled;
        },
      };
    });
    const list = new Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: StderrRenderer,
      rendererOptions: {
        showErrorMessage: false,
        collapseErrors: false,
        // Standard output is for reports and may be a file: everything is drawn on standard error.
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({
          useIcons: false,
          toStderr: [],
          processOutput: new ProcessOutput(process.stderr, process.stderr),
        }),
      },
    });
    running = list.run().catch(() => undefined);
  };

  const say = (id: string, title: string): Shown | undefined => {
    const entry = shown.get(id);
    if (entry?.task !== undefined) entry.task.title = title;
    return entry;
  };

  const listen = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-started':
        begin(event.steps);
        break;
      case 'step-started':
        say(event.id, event.title);
        break;
      case 'step-progress': {
        const task = shown.get(event.id)?.task;
        if (task !== undefined) task.output = event.text;
        break;
      }
      case 'step-finished': {
        const note = event.note === undefined ? '' : `, ${event.note}`;
        const elapsed = formatElapsed(event.durationMs);
        const how = { done: elapsed, cached: `from the cache in ${elapsed}`, recorded: 'recorded' }[event.outcome];
        say(event.id, `${event.title} (${how}${note})`)?.finish();
        break;
      }
      case 'step-failed':
        say(event.id, event.title)?.fail();
        break;
      case 'notice':
        notices.push(event.text);
        break;
      case 'run-finished':
        for (const { finish } of shown.values()) finish();
        break;
    }
  };

  return {
    listen,
    close: async () => {
      for (const { finish } of shown.values()) finish();
      await running;
      // Written when nothing is redrawn any more.
      for (const text of notices) write(`note: ${text}\n`);
    },
  };
};
