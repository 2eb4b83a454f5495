// Measures this tool against the same job done by hand, in one run on one machine, interleaved.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureByHand, measurePlainSuites } from './by-hand.mjs';
import { compareWalls, judgeTarget } from './compare.mjs';
import { describeMachine, describeRevision, readLoad } from './machine.mjs';
import * as ours from './ours.mjs';
import { formatPage, formatTable } from './report.mjs';

const help = `Measures this tool against the same job done by hand.

  npm run bench -- [--only start,noop,test,cold,awslc,change,versions] [--repeat N] [--store DIR] [--work DIR] [--name NAME]

  start   --help, against starting Node
  noop    test with nothing to do, against starting Node
  test    the test step, against python -m test of the same files (about 3 min a run)
  cold    an empty store with its downloads, against cmake, ninja, configure, make, python -m test (about 12 min a run)
  awslc   another AWS-LC version of the catalogue on a known core, against the whole job by hand
  change  one changed file of AWS-LC on a known core, against the whole job by hand
  versions  ten AWS-LC versions with one CPython in an empty store with its downloads and a warm ccache, against \`cold\` (which must run
          too; about 25 min)

Without --only: start and noop. --repeat: runs of each side (default: 15 of start and noop, 1 of the others). --store: a
store with the default recipe's result, which is made first where it is not there (default: the one that the tool uses).
Results go to test/bench/results/NAME.json and .md (default: the date and the parts).
`;

const targets = {
  start: { belowSeconds: 0.15 },
  noop: { belowSeconds: 1 },
  test: { atLeast: 3 },
  cold: { atLeast: 1.4 },
  awslc: { atLeast: 4 },
  change: { atLeast: 6 },
  versions: { atLeast: 1 / 4 },
};
const quick = ['start', 'noop'];
/** From this share of the cores on that other programs had, a machine is called busy. */
const busyShare = 0.1;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: quick.join(',') },
    repeat: { type: 'string' },
    store: { type: 'string' },
    work: { type: 'string', default: join(tmpdir(), 'cpython-awslc-bench') },
    name: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = values.only.split(',');
const unknown = chosen.filter((name) => !(name in targets));
const repeat = values.repeat === undefined ? undefined : Number(values.repeat);
if (values.help || unknown.length > 0 || (repeat !== undefined && !(Number.isInteger(repeat) && repeat > 0))) {
  if (unknown.length > 0) console.error(`There is no part ${unknown.join(', ')}.`);
  console.error(help);
  process.exit(values.help ? 0 : 2);
}

const say = (text) => console.error(text);
const work = resolve(values.work);
const store = resolve(values.store ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cpython-awslc'));
const results = join(ours.root, 'test', 'bench', 'results');
mkdirSync(work, { recursive: true });
mkdirSync(results, { recursive: true });
if (ours.isBuildStale()) {
  execFileSync('npm', ['run', 'build'], { cwd: ours.root, stdio: ['ignore', 2, 2] });
}

const machine = describeMachine();
const loadBefore = readLoad();
const jobs = machine.cores;
const logFile = join(work, 'bench.log');
rmSync(logFile, { force: true });

say(`The store is ${store}; what is made here goes to ${work}.`);
const coldStore = join(work, 'cold');
let warm = store;
let peakBytes = 0;
/** A store that has the default recipe's result: the cold part's own when it ran. */
const makeWarm = async () => {
  if (warm === store) say('Making sure that the default recipe is there ...');
  const { sample, document } = await ours.measureTest(warm, { logFile });
  peakBytes = Math.max(peakBytes, sample.peakBytes);
  return document.cells[0].python;
};
if (chosen.includes('cold')) await ours.fetchSources(store, { logFile });
else if (chosen.some((name) => name !== 'start')) await makeWarm();
const plan = await ours.readPlan(store);
const downloads = join(store, 'v1', 'downloads');
const disk = {};

/** Runs both sides in turn, the one that goes first changing each time: what changes with time hits both alike. */
const interleave = async (name, count, base, own) => {
  const samples = { base: [], ours: [] };
  for (let round = 0; round < count; round += 1) {
    const sides = [
      ['base', base],
      ['ours', own],
    ];
    for (const [side, run] of round % 2 === 0 ? sides : sides.reverse()) {
      const sample = await run();
      samples[side].push(sample);
      if (side === 'ours') peakBytes = Math.max(peakBytes, sample.peakBytes);
      if (!quick.includes(name))
        say(`${name}, ${side}: ${sample.wallSeconds.toFixed(1)} s, ${sample.cpuSeconds.toFixed(1)} CPU-s`);
    }
  }
  return samples;
};

const parts = [];
const addPart = (name, what, samples, more = {}) => {
  const ratio = compareWalls(samples.base, samples.ours);
  const target = targets[name];
  parts.push({ name, what, ...samples, ratio, target, judgement: judgeTarget(target, ratio, samples.ours), ...more });
};

const byHand = [];
let byHandSteps;
const runByHand = async () => {
  const made = await measureByHand(plan, { dir: join(work, 'by-hand'), downloads, jobs });
  byHandSteps = made.steps;
  byHand.push(made.sample);
  disk['by hand'] = ours.measureDisk(join(work, 'by-hand'));
  return made.sample;
};

if (chosen.includes('cold')) {
  let steps;
  const samples = await interleave('cold', repeat ?? 1, runByHand, async () => {
    ours.makeEmptyStore(coldStore, downloads);
    const { sample, seconds } = await ours.measureTest(coldStore, { logFile });
    steps = seconds;
    return sample;
  });
  const { cpuSeconds, wallSeconds } = samples.ours.at(-1);
  addPart(
    'cold',
    '`test` in an empty store that has its downloads: it builds, installs, proves and tests; the base is unpacking, cmake, ninja, configure, ' +
      'make and `python -m test` by hand, without installation and proof',
    samples,
    { steps, boundShare: cpuSeconds / machine.cores / wallSeconds },
  );
  warm = coldStore;
}

if (chosen.includes('start')) {
  const samples = await interleave('start', repeat ?? 15, ours.measureNode, ours.measureHelp);
  addPart('start', '`--help`; the base is `node -e 0`', samples);
}

if (chosen.includes('noop')) {
  const run = async () => {
    const { sample, document } = await ours.measureTest(warm, { logFile });
    if (!document.recorded) throw new Error('something was run that should be recorded');
    return sample;
  };
  const samples = await interleave('noop', repeat ?? 15, ours.measureNode, run);
  addPart('noop', '`test` when all is recorded, its report included; the base is `node -e 0`', samples);
}

if (chosen.includes('test')) {
  const python = ours.copyPython(await makeWarm(), join(work, 'installed'));
  let steps;
  const samples = await interleave(
    'test',
    repeat ?? 1,
    () => measurePlainSuites(plan, { python, jobs, logFile }),
    async () => {
      const { sample, seconds } = await ours.measureTest(warm, { args: ['--rerun'], logFile });
      steps = seconds;
      return { ...sample, wallSeconds: seconds['test-cell'] };
    },
  );
  rmSync(join(work, 'installed'), { recursive: true, force: true });
  const what =
    `the test step of \`test --rerun\` (beside it the proof is made again: its CPU time is counted); the base is \`python -m test -v -j${jobs}\` ` +
    'on the same files of the same Python';
  addPart('test', what, samples, { steps });
}

/** Runs `test` of another AWS-LC on a core that the store knows, each time in a fresh copy of the store. */
const measureOnKnownCore = async (name, what, prepare) => {
  await makeWarm();
  const copy = join(work, 'another');
  const samples = { base: byHand, ours: [] };
  let steps;
  for (let round = 0; round < (repeat ?? 1); round += 1) {
    if (byHand.length <= round) await runByHand();
    ours.copyStore(warm, copy);
    const { sample, seconds } = await ours.measureTest(copy, { args: ['--awslc', await prepare(copy)], logFile });
    if ('compile-core' in seconds) throw new Error('the core was compiled again: it was not a known one');
    say(`${name}, ours: ${sample.wallSeconds.toFixed(1)} s, ${sample.cpuSeconds.toFixed(1)} CPU-s`);
    samples.ours.push(sample);
    steps = seconds;
  }
  addPart(name, `${what}, on a known core; the base is the whole job by hand`, samples, { steps });
};

if (chosen.includes('awslc')) {
  const planned = plan.cells[0].cell.awslc.version;
  const [other] = ours.findOtherAwslc(planned, 1);
  if (other === undefined) say(`awslc is left out: the catalogue has no other version than ${planned}.`);
  else {
    await measureOnKnownCore('awslc', `\`test --awslc ${other}\`, its sources fetched before`, async (copy) => {
      await ours.fetchSources(copy, { args: ['--awslc', other], logFile });
      return other;
    });
  }
}

if (chosen.includes('change')) {
  const source = join(work, 'awslc-source');
  const { archive } = plan.steps
    .find(({ kind, subject }) => kind === 'fetch' && subject === 'awslc')
    .actions.find((action) => action.do === 'fetch');
  await measureOnKnownCore(
    'change',
    '`test --awslc path:DIR` with one line more in one file since it was built',
    async (copy) => {
      rmSync(source, { recursive: true, force: true });
      mkdirSync(source, { recursive: true });
      execFileSync('tar', ['-xf', join(downloads, archive.sha256), '-C', source]);
      const checkout = join(source, archive.root);
      await ours.measureStage(copy, 'build', { args: ['--awslc', `path:${checkout}`], logFile });
      appendFileSync(join(checkout, 'crypto', 'mem.c'), '\n// one line more\n');
      return `path:${checkout}`;
    },
  );
  rmSync(source, { recursive: true, force: true });
}

if (chosen.includes('versions')) {
  const cold = parts.find(({ name }) => name === 'cold');
  const planned = plan.cells[0].cell.awslc.version;
  const others = ours.findOtherAwslc(planned, 9);
  if (cold === undefined) say('versions is left out: its base is the part cold.');
  else if (!ours.hasCcache())
    say('versions is left out: there is no ccache (`cpython-awslc doctor --fix` installs it).');
  else {
    const args = [planned, ...others].flatMap((version) => ['--awslc', version]);
    const ccacheDir = join(work, 'ccache');
    rmSync(ccacheDir, { recursive: true, force: true });
    await ours.fetchSources(store, { args, logFile });
    const many = join(work, 'versions');
    const run = (stage) => {
      ours.makeEmptyStore(many, downloads);
      return ours.measureStage(many, stage, { args, logFile, ccacheDir });
    };
    say('versions: filling the compile cache ...');
    await run('build');
    const samples = { base: cold.ours, ours: [] };
    for (let round = 0; round < (repeat ?? 1); round += 1) {
      const sample = await run('test');
      say(`versions, ours: ${sample.wallSeconds.toFixed(1)} s, ${sample.cpuSeconds.toFixed(1)} CPU-s`);
      samples.ours.push(sample);
    }
    addPart(
      'versions',
      `\`test\` of ${args.length / 2} AWS-LC versions (${[planned, ...others].join(', ')}) in an empty store with its downloads and a warm ccache; the base is this tool's part cold, of one version without ccache`,
      samples,
    );
    ours.removeStore(many);
  }
}

disk['the store'] = ours.measureDisk(warm);
const all = parts.flatMap((part) => [...part.base, ...part.ours]);
const share =
  all.reduce((sum, { otherCpuSeconds }) => sum + otherCpuSeconds, 0) /
  all.reduce((sum, { wallSeconds }) => sum + wallSeconds * machine.cores, 0);
const date = new Date().toISOString().slice(0, 10);
const result = {
  version: 1,
  kind: 'bench',
  date,
  revision: describeRevision(ours.root),
  machine,
  jobs,
  loadBefore,
  busy: share >= busyShare,
  parts,
  ...(byHandSteps === undefined ? {} : { byHandSteps }),
  disk,
  peakBytes,
};
const name = values.name ?? `${date}-${chosen.join('-')}`;
writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
writeFileSync(join(results, `${name}.md`), formatPage(result));
console.log(formatTable(result));
if (result.busy) say(`The machine was busy: other programs had ${Math.round(share * 100)} % of its cores.`);
say(`Written: test/bench/results/${name}.json and .md`);
