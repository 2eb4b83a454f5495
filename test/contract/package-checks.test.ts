import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { redactPip } from '../../src/io/pip.ts';
import { parseJson } from '../../src/model/json.ts';
import { rosterSchema } from '../../src/model/manifest.ts';
import { systemPython } from '../rig/suites.ts';

/** Reads the checks' classes and cases without importing them: their packages are not here. */
const readCases = `
import ast, json, os
found = {}
for file in sorted(os.listdir('src/python/packages')):
    if not file.endswith('.py') or file[0] == '_':
        continue
    with open('src/python/packages/' + file) as source:
        tree = ast.parse(source.read())
    for node in tree.body:
        names = [part.name for part in getattr(node, 'body', []) if isinstance(part, ast.FunctionDef) and part.name.startswith('test')]
        if isinstance(node, ast.ClassDef) and names:
            found['packages.%s.%s' % (file[:-3], node.name)] = sorted(names)
print(json.dumps(found))
`;

it('the roster of the package checks has every case that there is', () => {
  const roster = parseJson(rosterSchema, readFileSync('recipes/rosters/packages.json', 'utf8'));
  if (!roster.ok) throw new Error(JSON.stringify(roster.error));
  const found: unknown = JSON.parse(execFileSync(systemPython, ['-c', readCases], { encoding: 'utf8' }));
  expect(roster.value.files).toEqual({ packages: found });
});

// What pip says of an index, in several of its versions.
it.each([
  'Looking in indexes: https://me:****@index.private.example/simple, https://b.private.example/',
  'Looking in links: /mnt/private.example/wheels',
  "ERROR: HTTPSConnectionPool(host='index.private.example', port=443): Max retries exceeded with url: /simple/",
  '  Downloading https://index.private.example/packages/small-1.0-py3-none-any.whl (1 kB)',
  '("Failed to resolve \'index.private.example\' ([Errno -2] Name or service not known)")',
  'User for index.private.example:443: ',
  "hostname 'index.private.example' doesn't match 'other'",
  'proxy http://me:hunter2@private.example:3128 said no',
])('takes addresses out of %s', (line) => {
  expect(redactPip(line)).not.toMatch(/private\.example|hunter2/);
});
