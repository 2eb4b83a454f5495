import type { CriticalPath } from '../model/critical-path.ts';
import type { Action, Plan, Step } from '../model/plan.ts';
import { unreachable } from '../model/result.ts';
import { paint, quoteWord, type TextOptions } from './text.ts';

const describeAction = (action: Action): string => {
  switch (action.do) {
    case 'fetch':
      return `fetch ${action.archive.file} (sha256 ${action.archive.sha256}) from ${action.archive.origins.map(({ kind }) => kind).join(', else ')}`;
    case 'fetch-wheels':
      return `fetch by ${action.python} -m pip, each by its sha256: ${action.wheels.map(({ file }) => file).join(' ')}`;
    case 'unpack':
      return `unpack ${action.root} of ${action.archive} into ${action.into}`;
    case 'adopt':
      return `take ${action.source}, content ${action.treeDigest}`;
    case 'exec': {
      const stdout = action.stdout === undefined ? '' : ` > ${action.stdout}`;
      const variables = Object.entries(action.env ?? {}).map(([name, value]) => `${name}=${quoteWord(value)} `);
      return `in ${action.cwd}: ${variables.join('')}${action.argv.map(quoteWord).join(' ')}${stdout}`;
    }
    case 'write':
      return `write ${action.path} (${action.text.length} characters)`;
    case 'copy':
      return `copy ${action.from} to ${action.to}`;
    case 'copy-linked':
      return `copy ${action.from} to ${action.to} with hard links`;
    case 'synchronize':
      return `make ${action.to} the same as ${action.from}, writing only what differs; rm ${action.discard} when a name came or went`;
    case 'remove':
      return `rm ${action.files.join(' ')}`;
    case 'symlink':
      return `link ${action.path} to ${action.target}`;
    case 'substitute':
      return `in ${action.files.join(', ')}: ${action.replace.map(({ from, to }) => `${from} becomes ${to === '' ? 'nothing' : to}`).join('; ')}`;
    case 'require-text':
      return `require in ${action.file}: ${action.present.join(' ')}${action.absent.length > 0 ? `; forbid: ${action.absent.join(' ')}` : ''}`;
    case 'compile-cache':
      return `ccache, where there is one, goes in front of ${action.compilers.join(' and ')}`;
    case 'known-answers':
      return `configure takes answers that it gave before for ${action.of.slice(0, 12)}${action.anew.length === 0 ? '' : `, but for ${action.anew.join(', ')}`}`;
    default:
      return unreachable(action);
  }
};

const describeStep = (step: Step, options: TextOptions): string => {
  const inputs = Object.entries(step.inputs).map(([role, id]) => `{${role}} is ${id}`);
  const after = (step.after ?? []).map((id) => `starts after ${id}`);
  const why = (action: Action): string =>
    'why' in action && action.why !== undefined ? `\n        (${action.why})` : '';
  return [
    paint(step.title, 'bold', options),
    `  ${step.id}`,
    ...[...inputs, ...after].map((line) => `  ${line}`),
    ...step.actions.map((action) => `    ${describeAction(action)}${why(action)}`),
    ...(step.flags.length > 0 ? ['  flags and their reasons:'] : []),
    ...step.flags.map(({ flag, reason }) => `    ${flag}\n        ${reason}`),
  ].join('\n');
};

const describePath = ({ steps, seconds, jobs }: CriticalPath): readonly string[] => [
  `Longest chain with an empty store and ${jobs} job${jobs === 1 ? '' : 's'}: about ${Math.round(seconds)} s (by times measured elsewhere)`,
  ...steps.map((step) => `  ${`${Math.round(step.seconds)} s`.padStart(6)}  ${step.title}`),
];

/**
 * A plan for a person: what was resolved, what to know, each cell, the longest chain of steps, and every step with its commands,
 * flags and reasons.
 */
export const formatPlan = (plan: Plan, path: CriticalPath, options: TextOptions): string => {
  const sections = [
    `Plan of recipe ${plan.recipe} on ${plan.platform.arch}-${plan.platform.libc}: ${plan.cells.length} cell${plan.cells.length === 1 ? '' : 's'}, ${plan.steps.length} steps`,
    ...plan.resolved.map(({ axis, asked, got, why }) => `  ${axis} ${asked} is ${got} (${why})`),
    ...plan.notes.map((note) => `  note: ${note}`),
    `  suites: ${plan.test.preset} (${plan.test.files.length === 0 ? 'every file' : plan.test.files.join(' ')})${plan.test.match.length > 0 ? `, only ${plan.test.match.join(' ')}` : ''}`,
    '',
    'Tools:',
    ...plan.tools.map(({ name, version }) => `  ${name}: ${version}`),
    '',
    'Environment of every program (nothing else of the caller’s gets in):',
    ...Object.entries(plan.environment).map(([name, value]) => `  ${name}=${value}`),
    '',
    ...plan.cells.map(({ id }) => `Cell ${id}`),
    '',
    ...describePath(path),
    '',
    ...plan.steps.map((step) => `${describeStep(step, options)}\n`),
  ];
  return sections.join('\n');
};
