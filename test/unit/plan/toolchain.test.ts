import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseJson } from '../../../src/model/json.ts';
import { toolchainKnowledgeSchema, type ToolchainKnowledge } from '../../../src/model/knowledge.ts';
import { findKnownBad, findMissing, packagesOf, versionOf } from '../../../src/plan/toolchain.ts';

const file = new URL('../../../recipes/knowledge/toolchain.json', import.meta.url);
const parsed = parseJson(toolchainKnowledgeSchema, readFileSync(file, 'utf8'));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const knowledge: ToolchainKnowledge = parsed.value;

it.each([
  ['gcc (Debian 12.2.0-14+deb12u1) 12.2.0', '12.2.0'],
  ['g++ (GCC) 14.2.1 20240912 (Red Hat 14.2.1-3)', '14.2.1'],
  ['GNU ld (GNU Binutils for Debian) 2.40', '2.40'],
  ['go version go1.26.0 linux/amd64', '1.26.0'],
  ['This is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64-linux-gnu', '5.36.0'],
  ['cargo 1.95.0 (f2d3ce0bd 2026-03-21)', '1.95.0'],
  ['1.11.1.git.kitware.jobserver-1', '1.11.1'],
  ['version unknown', undefined],
])('reads the version of %s', (line, version) => {
  expect(versionOf(line)).toBe(version);
});

it('gives a tool whose version cannot be read the benefit of the doubt', () => {
  const tools = [{ name: 'cmake', version: 'version unknown' }];
  const missing = findMissing({ tools, devPackages: [] }, knowledge, new Set());
  expect(missing.some((item) => item.name === 'cmake')).toBe(false);
  expect(missing.some((item) => item.name === 'ninja')).toBe(true);
});

it.each([
  ['gcc', 'gcc 13.3.0', 'x86_64', 0],
  ['gcc', 'gcc 14.0.1', 'x86_64', 1],
  ['gcc', 'gcc 15.2.0', 'x86_64', 1],
  ['gcc', 'gcc 15.2.0', 'aarch64', 2],
  ['go', 'go version go1.23.9 linux/amd64', 'x86_64', 0],
  ['go', 'go version go1.24.0 linux/amd64', 'x86_64', 1],
  ['cmake', 'cmake version 3.31.6', 'x86_64', 0],
  ['cmake', 'cmake version 4.0.0', 'x86_64', 1],
])('%s "%s" on %s is in %i known-bad ranges', (name, version, arch, count) => {
  const host = { platform: { arch, libc: 'gnu' as const }, tools: [{ name, version }] };
  expect(findKnownBad(host, knowledge)).toHaveLength(count);
});

it('wants each package once, with the strictest need', () => {
  const missing = findMissing({ tools: [], devPackages: [] }, knowledge, new Set());
  const apt = packagesOf(missing, 'apt');
  expect(apt.filter(({ item }) => item === 'binutils')).toEqual([{ item: 'binutils', need: 'required' }]);
  expect(apt.find(({ item }) => item === 'cargo-web | cargo')).toEqual({
    item: 'cargo-web | cargo',
    minimum: '1.82',
    need: 'origin',
  });
  // On apk one package serves two libraries.
  expect(packagesOf(missing, 'apk').filter(({ item }) => item === 'gdbm-dev')).toHaveLength(1);
});

it('lists every tool, library and package family once, and only apt as tried', () => {
  for (const names of [knowledge.tools, knowledge.libraries, knowledge.runtime].map((list) =>
    list.map(({ name }) => name),
  )) {
    expect(new Set(names).size).toBe(names.length);
  }
  expect(Object.entries(knowledge.families).map(([family, { tried }]) => [family, tried])).toEqual([
    ['apt', true],
    ['dnf', false],
    ['apk', false],
  ]);
});
