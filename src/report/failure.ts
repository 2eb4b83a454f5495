import type { Failure, Problem } from '../model/failure.ts';
import { unreachable } from '../model/result.ts';

const block = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

const describeProblem = (problem: Problem): string =>
  `${problem.path}: ${problem.message}${problem.suggestion === undefined ? '' : ` (did you mean ${problem.suggestion}?)`}`;

/** What happened, what was expected and found, what to do next: one message per failure. */
export const describeFailure = (failure: Failure): string => {
  switch (failure.code) {
    case 'usage':
      return `${failure.message}${failure.next === undefined ? '' : `\n  ${failure.next}`}`;
    case 'unknown-version':
      return (
        `${failure.subject} ${failure.asked} is not in the catalogue.` +
        `${failure.suggestion === undefined ? '' : ` Did you mean ${failure.suggestion}?`}\n` +
        `  known: ${failure.known.join(', ')}\n` +
        '  `cpython-awslc list` shows the catalogue, `cpython-awslc pin` adds a version.'
      );
    case 'unknown-recipe':
      return `No recipe ${failure.asked}: neither a .json file nor a name.\n  known names: ${failure.known.join(', ')}`;
    case 'unknown-run':
      return `Run ${failure.asked}: ${failure.reason}\n  \`cpython-awslc list --runs\` shows the runs that are known.`;
    case 'file-invalid':
      return `The ${failure.what} ${failure.file} has ${failure.problems.length === 1 ? 'a problem' : `${failure.problems.length} problems`}:\n${block(failure.problems.map(describeProblem))}`;
    case 'unsupported':
      return `${failure.what} cannot be done: ${failure.why}\n  ${failure.next}`;
    case 'manifest-findings':
      return `The manifests and the runs do not agree: ${failure.count === 1 ? 'a finding' : `${failure.count} findings`}\n${block(failure.first)}`;
    case 'bisect-ends-agree':
      return `Both ends give the same answer, so nothing changes between them that could be found:\n${block(failure.ends.map(({ candidate, answer, run }) => `${candidate}: ${answer} (run ${run})`))}\n  Choose ends that differ, or ask something else: --case, --claim, --capability.`;
    case 'consent-required':
      return `Missing here: ${failure.missing.join(', ')}. To install:\n    ${failure.command}\n  or say --yes (or CI=true), and it is run for you.`;
    case 'tool-missing':
      return `${failure.tool} is needed to ${failure.neededFor}; found ${failure.found ?? 'nothing'}.\n  ${failure.next}`;
    case 'package-missing':
      return `Missing for ${failure.neededFor}: ${failure.packages.join(', ')}.\n  ${failure.next}`;
    case 'command-failed':
      return (
        `${failure.step} failed (${failure.exit}):\n    ${failure.argv.join(' ')}\n` +
        `  last lines:\n${block(failure.lastLines)}` +
        (failure.log === '' ? '' : `\n  full output: ${failure.log}`) +
        (failure.hint === undefined ? '' : `\n  ${failure.hint}`)
      );
    case 'incompatible':
      return (
        `${failure.step}: it does not. What AWS-LC lacks, or has otherwise:\n` +
        block(
          failure.missing.map(({ name, where, text }) =>
            name === text ? `${where}: ${text}` : `${name} (${where}: ${text})`,
          ),
        ) +
        `\n  \`cpython-awslc compat\` shows which versions go together.\n  full output: ${failure.log}`
      );
    case 'cells-incompatible':
      return `${failure.cells.length} of ${failure.asked} cell${failure.asked === 1 ? '' : 's'} cannot be compiled: ${failure.cells.slice(0, 3).join(', ')}${failure.cells.length > 3 ? ' …' : ''}.\n  The table names what is missing.`;
    case 'patch-misfit':
      return `Does not apply without fuzz to a version that it is for:\n${block(failure.misfits)}\n  Mend the patch, or narrow its range in series.json.`;
    case 'origins-exhausted':
      return `No origin gave ${failure.subject}:\n${block(failure.attempts.map((attempt) => `${attempt.origin}: ${attempt.reason}`))}\n  ${failure.next}`;
    case 'offline':
      return `${failure.subject} is not in the store, and --offline forbids fetching it.\n  ${failure.next}`;
    case 'download-failed':
      return `Download of ${failure.url} failed: ${failure.reason}`;
    case 'disk-full':
      return `No space left on the disk of ${failure.path}${failure.neededBytes === undefined ? '' : ` (needs about ${Math.ceil(failure.neededBytes / 1e6)} MB)`}.\n  ${failure.next}`;
    case 'io-failed':
      return (
        `Could not ${failure.operation} ${failure.path}: ${failure.reason}` +
        (/^(?:EACCES|EPERM|EROFS)\b/.test(failure.reason)
          ? '\n  You may not write there: choose another place (--store DIR for the store), or run as its owner.'
          : '')
      );
    case 'lock-busy':
      return `${failure.path} is locked by ${failure.owner}; gave up after ${Math.round(failure.waitedMs / 1000)} s.`;
    case 'bisect-end-skipped':
      return `The end ${failure.candidate} cannot be asked, and everything is compared with the ends:\n${block([failure.reason])}\n  Choose another version or commit for it.`;
    case 'bisect-ambiguous':
      return `The answer changes among what could not be asked: one of these is the first that answers otherwise.\n${block(failure.suspects)}\n  Make one of them build (--try-patches, another --python), and say the same command again.`;
    case 'doctor-faults':
      return `doctor found ${failure.faults.length === 1 ? 'a fault' : `${failure.faults.length} faults`}:\n${block(failure.faults)}`;
    case 'slurm-refused':
      return `Slurm did not ${failure.doing}:\n    ${failure.argv.join(' ')}\n  it says:\n${block(failure.said)}\n  ${failure.next}`;
    case 'no-node':
      return (
        `No node of the cluster has the feature ${failure.feature}, which target ${failure.target} asks for; ` +
        `nodes have ${failure.known.length === 0 ? 'none' : failure.known.join(', ')}.\n` +
        `  Where it has another name: --slurm-feature ${failure.target}=NAME.`
      );
    case 'task-failed':
      return (
        `${failure.task}: job ${failure.job} ended without a result (${failure.state}` +
        `${failure.node === '' ? '' : ` on ${failure.node}`}): ${failure.reason}\n` +
        (failure.lastLines.length === 0
          ? `  It left no log ${failure.log}: is the store on a file system that this machine and the nodes share?`
          : `  last lines:\n${block(failure.lastLines)}\n  full output: ${failure.log}`)
      );
    case 'digest-mismatch':
      return `${failure.subject} from ${failure.origin} has the wrong digest; it was thrown away.\n  expected sha256 ${failure.expected}\n  found    sha256 ${failure.found}`;
    case 'archive-refused':
      return `Archive ${failure.archive} was refused at entry ${JSON.stringify(failure.entry)}: ${failure.reason}\n  Nothing of it was kept.`;
    case 'store-damaged':
      return `The store is damaged at ${failure.path}:\n  expected ${failure.expected}\n  found    ${failure.found}\n  The entry is made again by the next run; \`cpython-awslc cache verify\` checks the others.`;
    case 'record-invalid':
      return `The record ${failure.path} cannot be read:\n${block(failure.problems.map(describeProblem))}`;
    case 'proof-failed':
      return `The thing built is not what was asked: ${failure.claims.length === 1 ? 'a claim fails' : `${failure.claims.length} claims fail`}\n${failure.claims
        .map((claim) => block([claim.id, `  expected ${claim.expected}`, `  found    ${claim.found}`]))
        .join('\n')}\n  full proof: ${failure.log}`;
    case 'capability-mismatch':
      return `AWS-LC ${failure.awslc} is not what the catalogue says:\n${block(failure.differences.map((difference) => `${difference.name}: expected ${difference.expected}, found ${difference.found}`))}`;
    case 'verdicts-unexpected':
      return `Unexpected verdicts: ${Object.entries(failure.counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}\n${block(failure.first)}`;
    case 'plain-differs':
      return (
        `The driver and \`python -m test\` do not agree on ${failure.count === 1 ? 'a case' : `${failure.count} cases`}:\n` +
        `${block(failure.first)}\n  The verdicts are made from what the driver saw: one of the two is wrong.`
      );
    case 'interrupted':
      return `Interrupted (${failure.signal}); what is finished is kept, the same command goes on from there.`;
    case 'bug':
      return `This is a bug in cpython-awslc: ${failure.message}${failure.stack === undefined ? '' : `\n${block(failure.stack.split('\n'))}`}`;
    default:
      return unreachable(failure);
  }
};

/** A failure in one line, for a table's notes: of a source that no origin gave, each origin's reason. */
export const describeInOneLine = (failure: Failure): string =>
  failure.code === 'origins-exhausted'
    ? failure.attempts.map(({ origin, reason }) => `${origin}: ${reason}`).join('; ')
    : (describeFailure(failure).split('\n')[0] ?? failure.code);
