import { describe, expect, it } from 'vitest';
import { parseFeatures, parseJobId, parseJobStates, sbatchArguments } from '../../../src/io/slurm.ts';

describe('what Slurm says', () => {
  it('sbatch: the id, with a cluster or a site’s greeting or not', () => {
    expect(parseJobId('4711\n')).toBe('4711');
    expect(parseJobId('4711;west\n')).toBe('4711');
    expect(parseJobId('Welcome to the 2026 cluster\n4711\n')).toBe('4711');
    expect(parseJobId('Submitted batch job 4711\n')).toBe(undefined);
  });

  it('squeue: a line for each task of an array, other jobs left out', () => {
    const text = `12_3|awslc-x-0|PENDING||Dependency
12_4|awslc-x-0|RUNNING|n1|None
12_5|awslc-x-0|TIMEOUT|n1|TimeLimit
12_6|awslc-x-0|PENDING||(ReqNodeNotAvail, May be reserved | UnavailableNodes:n1)
13|other|RUNNING|n2|None
12_7|awslc-x-0|COMPLETING|n[1-2]|None
`;
    expect(
      parseJobStates(text).map(({ job, position, phase, node, reason }) => [job, position, phase, node, reason]),
    ).toEqual([
      ['12_3', 3, 'queued', '', 'Dependency'],
      ['12_4', 4, 'running', 'n1', ''],
      ['12_5', 5, 'ended', 'n1', 'TimeLimit'],
      ['12_6', 6, 'queued', '', '(ReqNodeNotAvail, May be reserved | UnavailableNodes:n1)'],
      ['12_7', 7, 'running', 'n[1-2]', ''],
    ]);
  });

  it('sinfo: every feature once', () => {
    expect(parseFeatures('graviton3,aarch64\n(null)\naarch64,graviton2\n')).toEqual([
      'aarch64',
      'graviton2',
      'graviton3',
    ]);
  });
});

describe('the command line of sbatch', () => {
  const request = { name: 'n', count: 3, script: '/s', log: '/l-%a', feature: null, args: ['--mem=8G'] };
  it('puts what is passed on in front, so that it cannot take the place of what the engine relies on', () => {
    const argv = sbatchArguments(request);
    expect(argv.indexOf('--mem=8G')).toBeLessThan(argv.indexOf('--array=0-2'));
    expect(argv.some((word) => /^--(?:constraint|dependency|partition|time)/.test(word))).toBe(false);
    expect(argv.at(-1)).toBe('/s');
  });
  it('asks for a feature, and waits for a core without waiting for ever', () => {
    expect(
      sbatchArguments({ ...request, feature: 'graviton3', after: '12_3', partition: 'p', time: '30' }).slice(-6, -1),
    ).toEqual([
      '--partition=p',
      '--time=30',
      '--constraint=graviton3',
      '--dependency=afterok:12_3',
      '--kill-on-invalid-dep=yes',
    ]);
  });
});
