import { describe, expect, it } from 'vitest';
import { exitCodeOf, worstExitCode, type Failure } from '../../../src/model/failure.ts';

describe('exit codes', () => {
  it.each<[Failure, number]>([
    [{ code: 'usage', message: 'x' }, 2],
    [{ code: 'file-invalid', what: 'manifest', file: 'x', problems: [] }, 2],
    [{ code: 'disk-full', path: '/x', next: 'y' }, 1],
    [{ code: 'digest-mismatch', subject: 'a', origin: 'b', expected: 'c', found: 'd' }, 4],
    [{ code: 'proof-failed', claims: [], log: '' }, 5],
    [{ code: 'verdicts-unexpected', counts: { FAIL: 1 }, first: [] }, 3],
    [{ code: 'interrupted', signal: 'SIGINT' }, 130],
    [{ code: 'bug', message: 'x' }, 70],
  ])('%j ends with %i', (failure, code) => {
    expect(exitCodeOf(failure)).toBe(code);
  });

  it('takes the worst of several in the documented order', () => {
    const order = [70, 130, 4, 2, 1, 5, 3, 0];
    for (const [index, code] of order.entries()) expect(worstExitCode(order.slice(index).reverse())).toBe(code);
    expect(worstExitCode([])).toBe(0);
  });
});
