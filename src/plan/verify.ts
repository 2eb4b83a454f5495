import { describeMasked, type CpuMask } from '../model/cpu.ts';
import type { Json } from '../model/json.ts';
import { prettyJson } from '../model/json.ts';
import type { Step, TestSelection } from '../model/plan.ts';
import { beginEmulation, crossInputs, emulatorTools } from './cross.ts';
import { maskEnvironment } from './cpu-mask.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { runDriver } from './driver.ts';
import { buildEnvironment } from './environment.ts';
import { presetFiles } from './presets.ts';
import { makeStep, pickTools } from './step.ts';
import { packageAssets, setUpPackages, venvPython, type PlannedPackages } from './wheels.ts';

/** What a masked step adds to its title. */
const describeMask = (mask: CpuMask | undefined): string =>
  mask === undefined ? '' : `, without ${describeMasked(mask.names)}`;

/** The mask as a part of an action: nothing where there is none, so that unmasked steps stay what they are. */
const maskedEnv = (mask: CpuMask | undefined): { readonly env?: Record<string, string> } =>
  mask === undefined ? {} : { env: { ...maskEnvironment(mask) } };

/** Proves what the built Python is: `{tree}/proof.json`. Its result is this machine's only. */
export const planProve = (
  draft: CellDraft,
  install: Step,
  expectations: Readonly<Record<string, Json>>,
  mask?: CpuMask,
): Step =>
  makeStep({
    kind: 'prove',
    subject: 'cell',
    title: `prove what was built${describeMask(mask)}`,
    inputs: { install, ...crossInputs(draft) },
    actions: [
      {
        do: 'copy-linked',
        from: '{install}/opt',
        to: '{work}/opt',
        why: 'what a probe might write stays out of the store',
      },
      ...beginEmulation(draft, '{work}/opt/cpython-awslc', draft.cell.python.series),
      { do: 'write', path: '{work}/expectations.json', text: prettyJson(expectations) },
      {
        do: 'exec',
        argv: [
          '{work}/opt/cpython-awslc/bin/python3',
          '-I',
          '-B',
          '{tool}/prove.py',
          '--expectations',
          '{work}/expectations.json',
          '--out',
          '{tree}/proof.json',
          '--cost',
          '{tree}/import-cost.json',
        ],
        cwd: '{work}',
        ...maskedEnv(mask),
      },
    ],
    alsoDependsOn: {
      assets: pickAssets(draft.assets, ['prove', 'test_', 'certs']),
      tools: pickTools(draft.host.tools, [draft.compilers.c, ...emulatorTools(draft)]),
      environment: buildEnvironment,
    },
  });

/** What a test step is called: its preset, or the files that were chosen instead. */
const describeSuites = ({ preset, files }: TestSelection): string =>
  files.join() === presetFiles[preset].join() ? `run the ${preset} suites` : `run ${files.join(', ')}`;

export interface TestOptions {
  readonly subject?: 'cell' | 'twin';
  readonly mask?: CpuMask | undefined;
  /** Of the preset `packages`: what its checks need. */
  readonly packages?: PlannedPackages | undefined;
}

/** Runs the suites through the driver: the raw events are this machine's only, verdicts are made from them each time. */
export const planTest = (
  draft: CellDraft,
  install: Step,
  selection: TestSelection,
  { subject = 'cell', mask, packages }: TestOptions = {},
): Step =>
  makeStep({
    kind: 'test',
    subject,
    title: `${describeSuites(selection)}${subject === 'cell' ? '' : ' on the twin'}${describeMask(mask)}`,
    inputs: { install, ...(packages === undefined ? {} : { packages: packages.fetch }), ...crossInputs(draft) },
    actions: [
      {
        do: 'copy-linked',
        from: '{install}/opt',
        to: '{work}/opt',
        why: 'what a test might write stays out of the store',
      },
      ...beginEmulation(draft, '{work}/opt/cpython-awslc', draft.cell.python.series),
      ...(packages === undefined ? [] : setUpPackages(packages, draft.cell, subject === 'cell' ? 'AWS-LC' : 'OpenSSL')),
      {
        ...runDriver(
          [...selection.match.flatMap((pattern) => ['--match', pattern]), ...selection.files],
          packages && venvPython,
        ),
        ...maskedEnv(mask),
        why: 'by hand the files run one after another; this tool runs the same cases in shards',
      },
    ],
    width: 'all',
    alsoDependsOn: {
      assets: pickAssets(draft.assets, packages === undefined ? ['driver'] : ['driver', ...packageAssets]),
      environment: buildEnvironment,
      ...(draft.cross === undefined ? {} : { tools: pickTools(draft.host.tools, emulatorTools(draft)) }),
    },
  });
