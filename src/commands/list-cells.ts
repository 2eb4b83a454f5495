import { resolve } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { fail, type Result } from '../model/result.ts';
import { adoptSources } from '../run/adopt.ts';
import { listCells, type ListedCells } from '../run/list-cells.ts';
import { nameStore } from '../run/store.ts';
import type { CommandContext } from './context.ts';
import { parseMirrors, parseSelection, type SelectionOptions } from './selection.ts';
import { cleanPath, locateStore } from './settings.ts';

/** Parses the options and lists the cells that they select, those of other machines too; or says everything that is wrong. */
export const listSelectedCells = async (
  options: SelectionOptions,
  context: CommandContext,
  archs?: readonly string[],
): Promise<Result<ListedCells, readonly Failure[]>> => {
  const selection = parseSelection(options, context.cwd);
  const mirrors = parseMirrors(options.mirror);
  if (!selection.ok || !mirrors.ok) {
    return fail([...(selection.ok ? [] : selection.error), ...(mirrors.ok ? [] : mirrors.error)]);
  }
  const path = cleanPath(context);
  const catalogue = options.catalogue === undefined ? {} : { catalogueDir: resolve(context.cwd, options.catalogue) };
  return listCells({
    selection: selection.value,
    ...catalogue,
    cwd: context.cwd,
    env: context.env,
    path,
    signal: context.signal,
    ...(archs === undefined ? {} : { archs }),
    adopt: (recipe, { axes, looseFips }) =>
      adoptSources({
        ...catalogue,
        recipe,
        axes,
        ...(looseFips === undefined ? {} : { looseFips }),
        store: nameStore(locateStore(options.store, context)),
        fetch: { offline: options.offline === true, mirrors: mirrors.value, callerEnvironment: context.env },
        path,
        signal: context.signal,
        notice: (text) => {
          context.err(`${text}\n`);
        },
      }),
  });
};
