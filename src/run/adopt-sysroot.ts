import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copySourceTree } from '../io/origins/path.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CrossMachine } from '../plan/cross.ts';
import { adoptTree, type AdoptInput } from './adopt.ts';
import { openStore, type Store } from './store.ts';

/** Where `doctor --target` puts the libraries of another machine: beside the store's own entries. */
export const sysrootDir = (store: Store, triple: string): string => join(dirname(store.dir), 'sysroots', triple);

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Puts the libraries of another machine into the store, by the digest of their content, so that no plan holds their path.
 * Failures: `package-missing` (nothing in the usual place), `usage` (a directory without a C library), `io-failed`,
 * `disk-full`.
 */
export const adoptSysroot = async (
  triple: string,
  target: string,
  asked: string | undefined,
  input: Pick<AdoptInput, 'store' | 'signal' | 'notice'>,
): Promise<Result<CrossMachine['sysroot']>> => {
  const from = asked ?? sysrootDir(input.store, triple);
  if (!(await isThere(join(from, 'usr/include')))) {
    return asked === undefined
      ? fail({
          code: 'package-missing',
          packages: [`C library and headers for ${triple}`],
          neededFor: `a build for ${target} on this machine`,
          next: `Run \`cpython-awslc doctor --target ${target} --fix\`, or name a directory that has them: --sysroot DIR.`,
        })
      : fail({
          code: 'usage',
          message: `--sysroot ${asked}: there is no usr/include in it.`,
          next: 'It takes the top directory of the other machine’s system: usr/include, usr/lib and lib below it.',
        });
  }
  const opened = await openStore(dirname(input.store.dir));
  if (!opened.ok) return opened;
  const take = async (into: string): Promise<Result<{ description: string }>> => {
    const copied = await copySourceTree(from, into, input.signal);
    return copied.ok ? ok({ description: `a directory for ${triple}` }) : copied;
  };
  const adopted = await adoptTree('sysroot', take, input);
  return adopted.ok ? ok(adopted.value.source) : adopted;
};
