import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { formatSource } from '../../../src/model/json-source.ts';
import type { Json } from '../../../src/model/json.ts';
import { editedSchemas, makeJsonSchema, schemaNames } from '../../../src/model/schemas.ts';

const recipes = fileURLToPath(new URL('../../../recipes/', import.meta.url));
const read = (name: string): string => readFileSync(`${recipes}${name}`, 'utf8');
const parse = (text: string): Json => JSON.parse(text) as Json; // JSON.parse gives any.

describe('JSON Schemas', () => {
  it.each(schemaNames)('$name has one that says what it is', ({ name, title }) => {
    expect(makeJsonSchema(name)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', title });
  });

  // When one differs: cpython-awslc schema NAME > recipes/schemas/NAME.json
  it.each(editedSchemas)('recipes/schemas/%s.json is what the code says', (name) => {
    expect(read(`schemas/${name}.json`)).toBe(formatSource(makeJsonSchema(name) ?? null));
  });

  it('every file that names a schema names one that is there', () => {
    const files = [
      'default.json',
      'pr.json',
      'nightly.json',
      'release.json',
      'targets.json',
      'packages.json',
      'knowledge/toolchain.json',
      'knowledge/certificates.json',
      'knowledge/fips-services.json',
      'knowledge/cpu-code.json',
      'knowledge/runners.json',
    ].concat(
      readdirSync(`${recipes}catalogue`).map((name) => `catalogue/${name}`),
      readdirSync(`${recipes}manifests`).map((name) => `manifests/${name}`),
    );
    for (const file of files) {
      const named = /^\{\n {2}"\$schema": "([^"]+)"/.exec(read(file))?.[1] ?? '';
      expect(`${file} names ${new URL(named, `file:///${file}`).pathname}`).toMatch(/names \/schemas\/[a-z-]+\.json$/);
      expect(editedSchemas).toContain(named.replace(/^.*\/|\.json$/g, ''));
    }
  });
});

describe('formatSource', () => {
  it.each([
    'catalogue/awslc.json',
    'catalogue/cpython.json',
    'schemas/toolchain.json',
    'knowledge/toolchain.json',
    'knowledge/certificates.json',
    'knowledge/fips-services.json',
  ])('writes %s as prettier does', async (name) => {
    const config = await resolveConfig(`${recipes}${name}`);
    const source = formatSource(parse(read(name)));
    expect(await format(source, { ...config, parser: 'json' })).toBe(source);
  });

  it('breaks a list where prettier does', async () => {
    const lists = Array.from({ length: 12 }, (_, index) => ({ key: ['x'.repeat(98 + index), 'y'] }));
    const source = formatSource([...lists, [], {}, [{}, { key: [] }]]);
    expect(await format(source, { printWidth: 120, parser: 'json' })).toBe(source);
  });
});
