// Writes the wheels of recipes/packages.json anew: the newest versions that go together, for every series and machine.
//
//   node ci/pin-packages.mjs 3.9=PYTHON 3.11=PYTHON ...
//
// PYTHON is an interpreter of that series, for the conditions that packages put on versions of Python; its pip must be 22.2 or
// newer, and is asked for what it would install (nothing is installed). A series that is not named keeps its wheels. `npm run build` first.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatSource } from '../dist/model/json-source.js';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'recipes', 'packages.json');
const archs = ['x86_64', 'aarch64'];
/** What pip of a built Python takes: 3.9 brings a pip from before PEP 600, which knows names of manylinux only. */
const platforms = {
  3.9: ['manylinux2014', 'manylinux2010', 'manylinux1'],
  newer: [36, 35, 34, 33, 32, 31, 28, 27, 26, 24, 17, 12, 5].map((minor) => `manylinux_2_${minor}`),
};

const tagsOf = (series) => (series === '3.9' ? platforms[3.9] : [...platforms.newer, ...platforms[3.9]]);

/** What pip would install of these packages on another machine. */
const resolve = (python, series, arch, names, directory) => {
  const report = join(directory, `${series}-${arch}.json`);
  const abi = `cp${series.replace('.', '')}`;
  const asked = spawnSync(
    python,
    [
      ...['-m', 'pip', 'install', '--quiet', '--dry-run', '--ignore-installed', '--only-binary', ':all:'],
      ...['--target', join(directory, 'nothing'), '--report', report, '--implementation', 'cp'],
      ...['--python-version', series, '--abi', abi, '--abi', 'abi3', '--abi', 'none'],
      ...tagsOf(series).flatMap((tag) => ['--platform', `${tag}_${arch}`]),
      ...names,
    ],
    { stdio: ['ignore', 2, 2] },
  );
  if (asked.status !== 0) throw new Error(`pip of ${python} found no wheels for ${series} on ${arch}`);
  return JSON.parse(readFileSync(report, 'utf8')).install.map(({ metadata, download_info: info }) => ({
    name: metadata.name,
    version: metadata.version,
    file: decodeURIComponent(new URL(info.url).pathname.split('/').at(-1)),
    sha256: info.archive_info.hashes.sha256,
    series,
    arch,
  }));
};

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const compareSeries = (a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]);

const directory = mkdtempSync(join(tmpdir(), 'pin-packages-'));
try {
  const data = JSON.parse(readFileSync(file, 'utf8'));
  const pythons = new Map(process.argv.slice(2).map((word) => word.split(/=(.*)/s)));
  const names = data.packages.map(({ name }) => name);
  const found = [...pythons].flatMap(([series, python]) =>
    archs.flatMap((arch) => resolve(python, series, arch, names, directory)),
  );
  for (const wheel of data.wheels) {
    for (const series of wheel.series.filter((one) => !pythons.has(one))) {
      found.push(...wheel.arch.map((arch) => ({ ...wheel, series, arch })));
    }
  }
  const wheels = new Map();
  for (const { series, arch, ...wheel } of found) {
    // The series and machines of one file are all pairs of both lists.
    const known = wheels.get(wheel.file) ?? { ...wheel, series: new Set(), arch: new Set() };
    if (known.sha256 !== wheel.sha256) throw new Error(`${wheel.file} has two digests`);
    known.series.add(series);
    known.arch.add(arch);
    wheels.set(wheel.file, known);
  }
  data.wheels = [...wheels.values()]
    .map(({ series, arch, ...wheel }) => ({
      ...wheel,
      series: [...series].sort(compareSeries),
      arch: [...arch].sort(compare),
    }))
    .sort((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.file, b.file));
  data.resolved = new Date().toISOString().slice(0, 10);
  writeFileSync(file, formatSource(data));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
