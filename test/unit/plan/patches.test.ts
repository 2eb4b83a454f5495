import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../src/model/catalogue.ts';
import { choosePatches, findPatchProblems } from '../../../src/plan/patches.ts';
import { defaultCatalogue, defaultPatches, planWith } from '../../rig/plan-inputs.ts';

const capabilities = defaultCatalogue.awslc.entries.find(({ version }) => version === '5.12.0')?.capabilities;
if (capabilities === undefined) throw new Error('the catalogue has no AWS-LC 5.12.0');
const filesOf = (series: string, has = capabilities): readonly string[] =>
  choosePatches(defaultPatches, has, series).map(({ file }) => file);

/** The shipped catalogue with CPython 3.13.15 under another version. */
const renamed = (version: string): Catalogue => ({
  ...defaultCatalogue,
  cpython: {
    ...defaultCatalogue.cpython,
    entries: defaultCatalogue.cpython.entries.map((entry) =>
      entry.version === '3.13.15' ? { ...entry, version } : entry,
    ),
  },
});

describe('patches', () => {
  it('are those of the series for what AWS-LC lacks', () => {
    const of39 = ['0001-tls-without-pha.patch', '0002-protocol-versions-by-function.patch'];
    expect(filesOf('3.9')).toEqual([...of39, '0003-eof-without-close-notify.patch']);
    expect(filesOf('3.9', { ...capabilities, macros: {} })).toEqual(of39);
    expect(filesOf('3.11')).toEqual(['0001-tls-without-pha.patch', '0002-hashlib-without-blake2.patch']);
    expect(filesOf('3.13')).toEqual(['0001-tls-without-pha.patch']);
    expect(filesOf('3.14')).toEqual([]);
    expect(filesOf('3.11', { ...capabilities, pha: true })).toEqual(['0002-hashlib-without-blake2.patch']);
    expect(filesOf('3.11', { ...capabilities, hashes: [...capabilities.hashes, 'blake2b', 'blake2s'] })).toEqual([
      '0001-tls-without-pha.patch',
    ]);
  });

  it('are applied without fuzz to a copy, which is what is configured, compiled and checked', () => {
    const plan = planWith({ axes: { python: ['3.13.15'] } });
    const patch = plan.steps.find(({ kind }) => kind === 'patch');
    expect(patch?.actions.filter((action) => action.do === 'exec').map(({ argv }) => argv)).toEqual([
      expect.arrayContaining(['patch', '--fuzz=0', '{work}/0001-tls-without-pha.patch']) as unknown,
    ]);
    const users = plan.steps.filter(({ inputs }) => Object.values(inputs).includes(patch?.id ?? ''));
    expect(users.map(({ kind, subject }) => `${kind}-${subject}`)).toEqual(
      expect.arrayContaining(['probe-compat', 'configure-core', 'compile-core', 'modules-crypto']),
    );
    expect(plan.notes.join('\n')).toContain('patches/3.13/0001-tls-without-pha.patch');
    expect(planWith().steps.some(({ kind }) => kind === 'patch')).toBe(false);
  });

  it('are refused for a version that they are not known for, unless they are to be tried', () => {
    const catalogue = renamed('3.13.99');
    const axes = { python: ['3.13.99'] };
    expect(() => planWith({ catalogue, axes })).toThrow(
      /0001-tls-without-pha.patch is known for 3.13.0 to 3.13.15 only/,
    );
    expect(planWith({ catalogue, axes, tryPatches: true }).steps.some(({ kind }) => kind === 'patch')).toBe(true);
  });

  it('that a series needs and does not have are said', () => {
    const [cell] = planWith({ axes: { python: ['3.13.15'] } }).cells;
    if (cell === undefined) throw new Error('a plan has a cell');
    expect(findPatchProblems(cell.cell, true, [], true)).toMatchObject([
      { code: 'unsupported', what: 'CPython 3.13.15 on AWS-LC' },
    ]);
    expect(findPatchProblems(cell.cell, false, [], false)).toEqual([]);
  });
});
