import { expect, test } from 'vitest';
import { checkSchema } from '../../../src/model/json.ts';
import { rosterSchema } from '../../../src/model/manifest.ts';
import type { SuiteEvent } from '../../../src/model/suite.ts';
import { makeRoster, selectedFileOf, splitCaseId } from '../../../src/verdict/roster.ts';

const begin = (file: string): SuiteEvent => ({ event: 'begin', version: 1, file, python: '3.14.6', pid: 7 });

test('a roster names files as people do, classes and cases in order, each once', () => {
  const events: readonly SuiteEvent[] = [
    begin('test_ssl'),
    {
      event: 'collect',
      file: 'test_ssl',
      ids: ['test.test_ssl.B.test_b', 'test.test_ssl.B.test_a', 'test.test_ssl.A.test_a'],
    },
    begin('test_asyncio.test_tasks'),
    { event: 'collect', file: 'test_asyncio.test_tasks', ids: ['test.test_asyncio.test_tasks.C.test_a'] },
    begin('test_asyncio.test_windows_utils'),
    { event: 'import', file: 'test_asyncio.test_windows_utils', outcome: 'skip', reason: 'Windows only' },
    begin('test_asyncio.test_futures'),
    { event: 'collect', file: 'test_asyncio.test_futures', ids: ['test.test_asyncio.test_tasks.C.test_a'] },
    begin('test_smtpnet'),
    { event: 'import', file: 'test_smtpnet', outcome: 'skip', reason: "Use of the 'network' resource not enabled" },
  ];
  const roster = makeRoster(events);
  expect(checkSchema(rosterSchema, roster).ok).toBe(true);
  expect(JSON.stringify(roster)).toBe(
    JSON.stringify({
      version: 1,
      python: '3.14.6',
      files: {
        test_asyncio: { 'test.test_asyncio.test_tasks.C': ['test_a'] },
        test_smtpnet: {},
        test_ssl: { 'test.test_ssl.A': ['test_a'], 'test.test_ssl.B': ['test_a', 'test_b'] },
      },
    }),
  );
});

test('a case id and a file name come apart and together again', () => {
  expect(splitCaseId('unittest.loader.ModuleSkipped.test_x')).toEqual({
    scope: 'unittest.loader.ModuleSkipped',
    name: 'test_x',
  });
  expect(['test_ssl', 'test_asyncio.test_tasks', 'test.test_asyncio.test_tasks'].map(selectedFileOf)).toEqual([
    'test_ssl',
    'test_asyncio',
    'test_asyncio',
  ]);
});
