// What a measurement was taken on: nothing that names the host or its user.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg, release, totalmem } from 'node:os';

const firstLine = (argv, cwd) => {
  try {
    return execFileSync(argv[0], argv.slice(1), { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0];
  } catch {
    return 'not there';
  }
};

/** CPU, cores, memory, kernel, compiler, build tools, Node. */
export const describeMachine = () => ({
  cpu: /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  kernel: release(),
  compiler: firstLine(['cc', '--version']),
  cmake: firstLine(['cmake', '--version']),
  ninja: firstLine(['ninja', '--version']),
  node: process.version,
});

/** The revision that was measured, `-changed` when files differ from it. */
export const describeRevision = (root) => {
  const revision = firstLine(['git', 'rev-parse', '--short=12', 'HEAD'], root);
  const changed = firstLine(['git', 'status', '--porcelain', '--', 'src', 'recipes', 'bin'], root);
  return changed === '' ? revision : `${revision}-changed`;
};

/** Programs that ran or waited to run, averaged over the last minute. */
export const readLoad = () => loadavg()[0];
