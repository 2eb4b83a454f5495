import type { Json } from '../model/json.ts';
import { prettyJson } from '../model/json.ts';
import type { Step, TestSelection } from '../model/plan.ts';
import { beginEmulation, crossInputs, emulatorTools } from './cross.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { runDriver } from './driver.ts';
import { buildEnvironment } from './environment.ts';
import { presetFiles } from './presets.ts';
import { makeStep, pickTools } from './step.ts';

/** Proves what the built Python is: `{tree}/proof.json`. Its result is this machine's only. */
export const planProve = (draft: CellDraft, install: Step, expectations: Readonly<Record<string, Json>>): Step =>
  makeStep({
    kind: 'prove',
    subject: 'cell',
    title: 'prove what was built',
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

/** Runs the suites through the driver: the raw events are this machine's only, verdicts are made from them each time. */
export const planTest = (
  draft: CellDraft,
  install: Step,
  selection: TestSelection,
  subject: 'cell' | 'twin' = 'cell',
): Step =>
  makeStep({
    kind: 'test',
    subject,
    title: subject === 'cell' ? describeSuites(selection) : `${describeSuites(selection)} on the twin`,
    inputs: { install, ...crossInputs(draft) },
    actions: [
      {
        do: 'copy-linked',
        from: '{install}/opt',
        to: '{work}/opt',
        why: 'what a test might write stays out of the store',
      },
      ...beginEmulation(draft, '{work}/opt/cpython-awslc', draft.cell.python.series),
      {
        ...runDriver([...selection.match.flatMap((pattern) => ['--match', pattern]), ...selection.files]),
        why: 'by hand the files run one after another; this tool runs the same cases in shards',
      },
    ],
    width: 'all',
    alsoDependsOn: {
      assets: pickAssets(draft.assets, ['driver']),
      environment: buildEnvironment,
      ...(draft.cross === undefined ? {} : { tools: pickTools(draft.host.tools, emulatorTools(draft)) }),
    },
  });
