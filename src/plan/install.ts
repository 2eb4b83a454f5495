import type { Cell } from '../model/cell.ts';
import type { Action, Step } from '../model/plan.ts';
import { compareVersions } from '../model/version.ts';
import { beginEmulation, crossInputs, emulatorTools, endEmulation } from './cross.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { buildEnvironment, internalPrefix } from './environment.ts';
import { sharedLibraryDirectory } from './modules.ts';
import { makeStep, pickTools } from './step.ts';

const prefix = '{tree}/opt/cpython-awslc';
const python = `${prefix}/bin/python3`;

const standardLibrary = ({ cell }: CellDraft): string => `${prefix}/lib/python${cell.python.series}`;

const compileAll = (path: string): Action => ({
  do: 'exec',
  argv: [
    python,
    '-I',
    '-m',
    'compileall',
    '-q',
    '-f',
    '--invalidation-mode',
    'checked-hash',
    '-s',
    '{tree}',
    '-p',
    '/',
    path,
  ],
  cwd: '{work}',
  why: 'the same .pyc policy as for the standard library',
});

/** What pip says when someone installs into the store's own tree. */
const externallyManaged = `[externally-managed]
Error=This Python belongs to the store of cpython-awslc, which checks that it stays as it was built.
 Make a virtual environment (python3 -m venv DIR), or take a copy of your own: cpython-awslc build --prefix DIR
`;

/** build-details.json came with this series. */
const seriesWithBuildDetails = '3.14';

/** What CPython's make takes from the Python that runs it, which in a build for another machine is not the one that is made. */
const nameOwnSuffixes = (draft: CellDraft): readonly Action[] =>
  draft.cross === undefined || compareVersions(draft.cell.python.series, seriesWithBuildDetails) < 0
    ? []
    : [
        {
          do: 'substitute',
          files: [`${standardLibrary(draft)}/build-details.json`],
          replace: [{ from: draft.cross.build, to: draft.cross.triple }],
          why: 'make writes the suffixes of the Python that it is run by, and those of the new one are another machine’s',
        },
      ];

/** What an install step does beside what every installed tree gets. */
export interface InstallVariant {
  readonly subject: string;
  readonly title: string;
  readonly inputs: { readonly core: Step; readonly modules: Step } & Readonly<Record<string, Step>>;
  readonly assets: readonly string[];
  /** Done before the new Python runs for the first time. */
  readonly libraries: readonly Action[];
  readonly more: readonly Action[];
}

/** Modules with HMAC code of CPython's own, on which hmac.py falls back for what `_hashlib` refuses, and says so nowhere. */
export const ownHmacModules = (series: string): readonly string[] =>
  compareVersions(series, '3.14') < 0 ? [] : ['_hmac'];

/** Extension modules of the core that a cell's tree does not get, each with the reason. */
export const removedModules = ({ python, awslc }: Cell): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (awslc.fips ? ownHmacModules(python.series) : []).map((name) => [
      name,
      'HMAC code of CPython’s own, outside the FIPS module, that hmac.py uses without saying so',
    ]),
  );

/** What every cell's tree gets beside what a twin's does: a module for applications, and what FIPS and its link mode ask. */
const cellActions = (draft: CellDraft): readonly Action[] => {
  const library = standardLibrary(draft);
  return [
    {
      do: 'copy',
      from: '{tool}/awslc_fips.py',
      to: `${library}/awslc_fips.py`,
      why: 'the FIPS service indicator, for applications; on other builds it says that there is none',
    },
    compileAll(`${library}/awslc_fips.py`),
    ...Object.entries(removedModules(draft.cell)).map(([name, why]): Action => ({
      do: 'remove',
      files: [`${library}/lib-dynload/${name}.*.so`],
      why,
    })),
  ];
};

/** Puts core and modules together, adds pip, and lays the .pyc files of site-packages: `{tree}/opt/cpython-awslc`. */
export const planInstall = (draft: CellDraft, variant: InstallVariant): Step => {
  const library = standardLibrary(draft);
  return makeStep({
    kind: 'install',
    subject: variant.subject,
    title: variant.title,
    inputs: { ...variant.inputs, ...crossInputs(draft) },
    actions: [
      { do: 'copy-linked', from: '{core}/opt', to: '{tree}/opt' },
      { do: 'copy', from: '{modules}/_*.so', to: `${library}/lib-dynload/` },
      ...variant.libraries,
      ...nameOwnSuffixes(draft),
      ...beginEmulation(draft, prefix, draft.cell.python.series),
      {
        do: 'exec',
        argv: [python, '-I', '-B', '-m', 'ensurepip', '--default-pip'],
        cwd: '{work}',
        why: 'pip, from the wheel that CPython carries',
      },
      {
        do: 'exec',
        argv: [python, '-I', '-B', '{tool}/place_scripts.py', prefix, internalPrefix],
        cwd: '{work}',
        why: 'the fixed prefix in the scripts’ first line, and their digests in RECORD; --prefix puts the real one there',
      },
      compileAll(`${library}/site-packages`),
      {
        do: 'write',
        path: `${library}/EXTERNALLY-MANAGED`,
        text: externallyManaged,
        why: 'a tree of the store is never changed',
      },
      ...variant.more,
      ...endEmulation(draft, prefix, draft.cell.python.series),
    ],
    alsoDependsOn: {
      assets: pickAssets(draft.assets, ['place_scripts', ...variant.assets]),
      environment: buildEnvironment,
      ...(draft.cross === undefined ? {} : { tools: pickTools(draft.host.tools, emulatorTools(draft)) }),
    },
  });
};

/** The install step of a cell: `library` is AWS-LC's compile step. */
export const planCellInstall = (
  draft: CellDraft,
  { library, ...inputs }: { readonly core: Step; readonly modules: Step; readonly library: Step },
): Step =>
  planInstall(draft, {
    subject: 'cell',
    title: 'install',
    inputs: draft.cell.link === 'shared' ? { ...inputs, library } : inputs,
    assets: ['awslc_fips.py'],
    libraries:
      draft.cell.link === 'shared'
        ? [
            {
              do: 'copy',
              from: '{library}/lib*.so',
              to: `${prefix}/${sharedLibraryDirectory}/`,
              why: 'the very bytes that AWS-LC’s build hashed',
            },
          ]
        : [],
    more: cellActions(draft),
  });
