import { open, stat } from 'node:fs/promises';
import { parseJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { suiteEventSchema, type SuiteEvent } from '../model/suite.ts';
import { errorCode, ioFailure } from './failure.ts';

/** Reads an events file that another process is still writing. */
export interface SuiteEventReader {
  /**
   * The events written whole since the last call; a file that is not there yet has none. The rest of a line that was cut by
   * a crash is never an event. Failures: `io-failed`, `record-invalid` (a line that is not an event).
   */
  readonly read: () => Promise<Result<readonly SuiteEvent[]>>;
}

/** Follows an events file from its beginning. */
export const followSuiteEvents = (path: string): SuiteEventReader => {
  let position = 0;
  let partial = Buffer.alloc(0);
  const readNew = async (): Promise<Result<Buffer>> => {
    try {
      const { size } = await stat(path);
      // Asked several times a second of every process, most of which sleep.
      if (size <= position) return ok(Buffer.alloc(0));
      const handle = await open(path, 'r');
      try {
        const buffer = Buffer.alloc(size - position);
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        position += bytesRead;
        return ok(buffer.subarray(0, bytesRead));
      } finally {
        await handle.close();
      }
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? ok(Buffer.alloc(0)) : fail(ioFailure(error, path, 'read'));
    }
  };
  return {
    read: async () => {
      const bytes = await readNew();
      if (!bytes.ok) return bytes;
      const all = Buffer.concat([partial, bytes.value]);
      const end = all.lastIndexOf('\n') + 1;
      partial = all.subarray(end);
      const events: SuiteEvent[] = [];
      for (const line of all.subarray(0, end).toString('utf8').split('\n')) {
        if (line === '') continue;
        const event = parseJson(suiteEventSchema, line);
        if (!event.ok) return fail({ code: 'record-invalid', path, problems: event.error });
        events.push(event.value);
      }
      return ok(events);
    },
  };
};
