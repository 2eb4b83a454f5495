// The same job as a person would do it: unpack, cmake and ninja, configure, make, `python -m test`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSamples, measure } from './measure.mjs';

/** regrtest's exit codes for runs that came to their end. */
const suiteExitCodes = [0, 2, 3, 4, 5];

const stepOf = (plan, kind, subject) => {
  const step = plan.steps.find((one) => one.kind === kind && one.subject === subject);
  if (step === undefined) throw new Error(`the plan has no step ${kind} ${subject}`);
  return step;
};
const archiveOf = (plan, subject) => stepOf(plan, 'fetch', subject).actions.find((one) => one.do === 'fetch').archive;

/** Nothing of the caller's but PATH, as in our own builds. */
export const makeEnvironment = (home) => ({
  PATH: process.env.PATH,
  HOME: home,
  TMPDIR: home,
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
});

/** `python -m test -v -jN` of a plan's files, in a directory of its own with a short path (tests make Unix sockets). */
export const measurePlainSuites = async (plan, { python, jobs, logFile }) => {
  const home = mkdtempSync(join(tmpdir(), 'b-'));
  try {
    const match = plan.test.match.flatMap((pattern) => ['-m', pattern]);
    const argv = [python, '-m', 'test', '-v', `-j${jobs}`, ...match, ...plan.test.files];
    const options = { cwd: home, env: makeEnvironment(home), logFile, acceptedExitCodes: suiteExitCodes };
    return (await measure(argv, options)).sample;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};

/**
 * Builds and tests by hand in an empty directory, with the flags of our plan: both modules are linked with AWS-LC's static
 * libraries by CPython's own makefile. Nothing is installed, proven or packed. Returns each step's sample and their sum.
 */
export const measureByHand = async (plan, { dir, downloads, jobs }) => {
  rmSync(dir, { recursive: true, force: true });
  const places = { home: join(dir, 'home'), sources: join(dir, 'sources'), build: join(dir, 'build') };
  for (const place of [...Object.values(places), join(dir, 'awslc-build')]) mkdirSync(place, { recursive: true });
  const env = makeEnvironment(places.home);
  const steps = {};
  const run = async (name, argv, cwd) => {
    const { sample } = await measure(argv, { cwd, env, logFile: join(dir, `${name}.log`) });
    steps[name] = steps[name] === undefined ? sample : addSamples([steps[name], sample]);
  };
  const unpack = (archive) => run('unpack', ['tar', '-xf', join(downloads, archive.sha256)], places.sources);
  const awslc = archiveOf(plan, 'awslc');
  const cpython = archiveOf(plan, 'cpython');
  await unpack(awslc);
  await unpack(cpython);
  const prefix = join(dir, 'awslc');
  const awslcSource = join(places.sources, awslc.root);
  const fill = (flags, names) =>
    flags.map(({ flag }) => Object.entries(names).reduce((text, [name, path]) => text.replaceAll(name, path), flag));
  const cmakeFlags = fill(stepOf(plan, 'configure', 'awslc').flags, { '{work}/src': awslcSource, '{work}': dir });
  const install = [`-DCMAKE_INSTALL_PREFIX=${prefix}`, '-DCMAKE_INSTALL_LIBDIR=lib'];
  await run('cmake', ['cmake', '-G', 'Ninja', '-S', awslcSource, '-B', 'awslc-build', ...cmakeFlags, ...install], dir);
  await run('ninja', ['cmake', '--build', 'awslc-build', '--parallel', String(jobs)], dir);
  await run('ninja', ['cmake', '--install', 'awslc-build'], dir);
  const configureFlags = fill(stepOf(plan, 'configure', 'core').flags, { '{work}': dir }).map((flag) =>
    flag.startsWith('--with-openssl=') ? `--with-openssl=${prefix}` : flag,
  );
  const configure = join(places.sources, cpython.root, 'configure');
  await run('configure', [configure, ...configureFlags, 'PY_UNSUPPORTED_OPENSSL_BUILD=static'], places.build);
  await run('make', ['make', `-j${jobs}`], places.build);
  const python = join(places.build, 'python');
  // A build that left one of them out would be a shorter one.
  await measure([python, '-c', 'import _ssl, _hashlib; assert "AWS-LC" in _ssl.OPENSSL_VERSION'], { env });
  steps.test = await measurePlainSuites(plan, { python, jobs, logFile: join(dir, 'test.log') });
  return { steps, sample: addSamples(Object.values(steps)) };
};
