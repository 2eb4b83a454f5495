import type { Failure } from '../model/failure.ts';
import type { Opened } from './open.ts';

/** Results from an emulator are only made when they are asked for: they are not the target's own. Failure: `unsupported`. */
export const findForeign = ({ plan, host }: Opened['prepared'], emulate: boolean): Failure | undefined => {
  const foreign = plan.cells.find(({ cell }) => cell.platform.arch !== host.platform.arch);
  if (foreign === undefined || emulate) return undefined;
  return {
    code: 'unsupported',
    what: `Running what is built for ${foreign.cell.platform.arch} on this machine`,
    why: `it is ${host.platform.arch}: only an emulator can`,
    next: 'Say --emulate, or run the same command on a machine of that kind.',
  };
};
