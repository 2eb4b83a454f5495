import { expect, it } from 'vitest';
import { failureCodes, runCli } from '../rig/cli.ts';

it('schema lists its names, and prints the JSON Schema of each', async () => {
  const listed = await runCli(['schema']);
  expect(listed.exitCode).toBe(0);
  const names = listed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  expect(names).toContain('recipe');
  expect(names).toContain('run');
  const printed = await runCli(['schema', 'recipe']);
  expect(printed.stderr).toBe('');
  expect(JSON.parse(printed.stdout)).toMatchObject({
    type: 'object',
    required: expect.arrayContaining(['version', 'name', 'cells']) as unknown,
    additionalProperties: false,
  });
});

it('schema says what was probably meant', async () => {
  const result = await runCli(['schema', 'recipes']);
  expect(result.exitCode).toBe(2);
  expect(result.stdout).toBe('');
  expect(result.stderr).toMatch(/No format recipes\. Did you mean recipe\?[^]*\[usage\]/);
});

it('every one of these commands has help with an example', async () => {
  for (const command of ['list', 'schema', 'cache', 'pin']) {
    const help = await runCli([command, '--help']);
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toMatch(new RegExp(`Example:\\n {2}\\$ cpython-awslc ${command} `));
  }
  expect(failureCodes(await runCli(['cache', 'clean', '--json']))).toEqual(['usage']);
});
