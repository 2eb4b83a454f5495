import { expect, test } from 'vitest';
import type { SuiteEvent } from '../../../src/model/suite.ts';
import { keepFailedFiles } from '../../../src/verdict/failed-files.ts';
import { selectForTwin } from '../../../src/verdict/judge.ts';
import { judgePlain, makeRun, tellFile, type CasePart } from '../../rig/suite-runs.ts';

const idIn = (file: string, name: string): string => `test.${file}.Cases.${name}`;
const passes = (file: string): CasePart => ({ id: idIn(file, 'test_passes'), outcome: 'pass' });
const fails = (file: string): CasePart => ({ id: idIn(file, 'test_fails'), outcome: 'fail', reason: 'no' });

const subtestFails: CasePart = {
  ...fails('test_b'),
  subtests: [{ params: '(i=1)', outcome: 'error', reason: 'no' }],
};
const fixture: SuiteEvent = {
  event: 'fixture',
  scope: 'test.test_c.Cases',
  fixture: 'setUpClass',
  outcome: 'error',
  reason: 'no',
};

const first = makeRun(
  'first',
  [
    ...tellFile('test_a', [passes('test_a'), fails('test_a')]),
    ...tellFile('test_b', [passes('test_b'), subtestFails]),
    ...tellFile('test_c', [passes('test_c')], [fixture]),
    ...tellFile('test_good', [passes('test_good')]),
    ...tellFile('test_skips', [{ ...passes('test_skips'), outcome: 'skip', reason: 'not here' }]),
    ...tellFile('test_dead', [passes('test_dead'), { id: idIn('test_dead', 'test_dies') }]).slice(0, -1),
    // A file that two processes share: what failed is told by the second of them.
    ...tellFile('test_good', [passes('test_good')]),
    ...tellFile('test_a', [passes('test_a')]),
  ],
  [{ file: 'test_dead', reason: `signal SIGSEGV, while running ${idIn('test_dead', 'test_dies')}` }],
);
const skipsAlone = makeRun(
  'retest',
  tellFile('test_dead', [{ id: idIn('test_dead', 'test_dies'), outcome: 'skip', reason: 'alone' }]),
);

test('files in which all went well are left out, with their deaths', () => {
  const [kept] = keepFailedFiles([first]);
  const files = kept?.events.flatMap((event) => (event.event === 'begin' ? [event.file] : []));
  expect(files).toEqual(['test_a', 'test_b', 'test_c', 'test_dead', 'test_a']);
  expect(kept?.deaths).toEqual(first.deaths);
  const well = makeRun('first', tellFile('test_good', [passes('test_good')]));
  expect(keepFailedFiles([well])).toEqual([{ ...well, events: [] }]);
});

test.each([
  ['a first pass', [first]],
  ['a case that died and then skips alone', [first, skipsAlone]],
  [
    'failures that pass alone',
    [first, makeRun('retest', tellFile('test_a', [{ ...fails('test_a'), outcome: 'pass' }]))],
  ],
])('the twin is asked the same as if every file were judged: %s', (_, runs) => {
  const asked = selectForTwin(judgePlain({ runs }));
  expect(selectForTwin(judgePlain({ runs: keepFailedFiles(runs) }))).toEqual(asked);
  expect(asked.length).toBeGreaterThan(0);
});
