import type { Cell } from '../model/cell.ts';
import { prettyJson } from '../model/json.ts';
import type { Action, Step } from '../model/plan.ts';
import type { Packages, Wheel } from '../model/packages.ts';
import { pickAssets, type CellDraft } from './draft.ts';
import { builtPython } from './driver.ts';
import { buildEnvironment } from './environment.ts';
import { makeStep } from './step.ts';

/** The interpreter of the virtual environment that the package checks run in. */
export const venvPython = '{work}/venv/bin/python3';
/** Where the test step leaves what was installed, and whose crypto each package runs on. */
export const packageFactsFile = '{work}/package-facts.json';

/** Beginnings of the names of our files that the checks are made of. */
export const packageAssets = ['package', 'certs', 'prove_common', 'prove_identity', 'prove_elf'] as const;

/** The wheels of a cell, and the names of packages that it has none for. */
export interface ChosenWheels {
  readonly wheels: readonly Wheel[];
  readonly absent: readonly string[];
}

/** Picks the wheels that are listed for a cell's series and machine; a package without one of its own is absent. */
export const chooseWheels = ({ wheels, packages, libc }: Packages, { python, platform }: Cell): ChosenWheels => {
  const chosen = libc.includes(platform.libc)
    ? wheels.filter(({ series, arch }) => series.includes(python.series) && arch.includes(platform.arch))
    : [];
  const absent = packages.flatMap(({ name }) => (chosen.some((wheel) => wheel.name === name) ? [] : [name]));
  return { wheels: chosen, absent };
};

/** What a plan says of the packages of a cell. */
export const notePackages = (packages: Packages, cell: Cell): readonly string[] => {
  const { wheels, absent } = chooseWheels(packages, cell);
  const name = `CPython ${cell.python.series} on ${cell.platform.arch} ${cell.platform.libc}`;
  return [
    `packages: pip's own settings (PIP_INDEX_URL and others, pip.conf, .netrc) are let through to the step that fetches wheels, and to no other; they are in no fingerprint, record or log`,
    `packages for ${name}: ${wheels.length} wheels, the newest of ${packages.resolved} that go together`,
    ...(absent.length === 0 ? [] : [`packages without a listed wheel for ${name}: ${absent.join(', ')}`]),
  ];
};

/** What the checks of a cell need beside the installed Python. */
export interface PlannedPackages extends ChosenWheels {
  readonly packages: Packages['packages'];
  /** Has every wheel among the downloads. */
  readonly fetch: Step;
}

/** Brings the wheels of a cell into the store, by the pip of the cell's own Python from the index that pip is set up for. */
export const planWheels = (draft: CellDraft, install: Step, packages: Packages): PlannedPackages => {
  const chosen = chooseWheels(packages, draft.cell);
  const fetch = makeStep({
    kind: 'fetch',
    subject: 'packages',
    title: `fetch ${chosen.wheels.length} wheels`,
    inputs: { install },
    actions: [
      {
        do: 'copy-linked',
        from: '{install}/opt',
        to: '{work}/opt',
        why: 'what pip might write stays out of the store',
      },
      {
        do: 'fetch-wheels',
        python: builtPython,
        wheels: chosen.wheels.map(({ name, version, file, sha256 }) => ({ name, version, file, sha256 })),
        why: "the built Python's pip, so that TLS is AWS-LC's, from the index that this machine's pip is set up for; a plan does not say which",
      },
    ],
    alsoDependsOn: {
      assets: pickAssets(draft.assets, ['package_tools/download.py']),
      environment: buildEnvironment,
    },
  });
  return { ...chosen, packages: packages.packages, fetch };
};

/** Wheels as `pip install -r` takes them: exactly these bytes, and nothing that they may ask for beside. */
export const writeRequirements = (wheels: readonly Pick<Wheel, 'name' | 'version' | 'sha256'>[]): string =>
  wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join('');

const installWheels: Action = {
  do: 'exec',
  argv: [
    // Whatever this machine's pip is set up for is of no concern here.
    ...['env', 'PIP_CONFIG_FILE=/dev/null', venvPython, '-m', 'pip', '--isolated', '--disable-pip-version-check'],
    ...['install', '--quiet', '--no-index', '--find-links', '{work}/wheels', '--no-deps', '--no-compile'],
    ...['--only-binary', ':all:', '--require-hashes', '-r', '{work}/requirements.txt'],
  ],
  cwd: '{work}',
  why: 'by digest, from the wheels in the store: this needs no network',
};

/**
 * The virtual environment of the checks, made in the step's own copy of the Python: its packages are installed from the wheels in
 * the store, without an index, and each package tells what crypto it brings.
 */
export const setUpPackages = (
  { wheels, absent, packages }: PlannedPackages,
  { python, platform }: Pick<Cell, 'python' | 'platform'>,
  library: 'AWS-LC' | 'OpenSSL',
): readonly Action[] => [
  ...wheels.map(({ file, sha256 }): Action => ({
    do: 'copy-linked',
    from: `{downloads}/${sha256}`,
    to: `{work}/wheels/${file}`,
  })),
  { do: 'write', path: '{work}/requirements.txt', text: writeRequirements(wheels) },
  {
    do: 'write',
    path: '{work}/packages.json',
    text: prettyJson({
      library,
      packages: packages.map(({ name, module, crypto, brings, loads }) => ({
        name,
        module,
        crypto,
        ...(brings === undefined ? {} : { brings }),
        ...(loads === undefined ? {} : { loads }),
      })),
      wheels: wheels.map(({ name, version, file, sha256 }) => ({ name, version, file, sha256 })),
      absent: Object.fromEntries(
        absent.map((name) => [
          name,
          `no wheel of ${name} is listed for CPython ${python.series} on ${platform.arch} ${platform.libc}`,
        ]),
      ),
    }),
    why: 'what the checks expect, beside their virtual environment',
  },
  { do: 'exec', argv: [builtPython, '-m', 'venv', '{work}/venv'], cwd: '{work}' },
  ...(wheels.length === 0 ? [] : [installWheels]),
  {
    do: 'exec',
    argv: [venvPython, '-B', '{tool}/package_tools/describe.py', '--out', packageFactsFile],
    cwd: '{work}',
    why: 'which crypto comes into a process with each package',
  },
];
