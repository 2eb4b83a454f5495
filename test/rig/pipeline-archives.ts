import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { AwslcEntry, Capabilities, CpythonEntry, Catalogue } from '../../src/model/catalogue.ts';
import { capabilityMarks, probedSources } from '../../src/plan/capabilities.ts';
import { packTar, type RawEntry } from './hostile-archives.ts';

/** The shipped catalogue: its series and capabilities are what the small world has too. */
const shipped = {
  awslc: JSON.parse(readFileSync('recipes/catalogue/awslc.json', 'utf8')) as Catalogue['awslc'],
  cpython: JSON.parse(readFileSync('recipes/catalogue/cpython.json', 'utf8')) as Catalogue['cpython'],
};

const shippedAwslc = shipped.awslc.entries.find(({ version }) => version === '5.12.0');
if (shippedAwslc === undefined) throw new Error('the shipped catalogue has no AWS-LC 5.12.0');

/** Capabilities of every AWS-LC of the small world, unless a test says otherwise. */
export const { capabilities } = shippedAwslc;

/** A small archive and what a catalogue says of it. */
export interface SmallArchive {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly file: string;
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const pack = (file: string, entries: readonly RawEntry[]): SmallArchive => {
  const tar = packTar(entries);
  const bytes = file.endsWith('.xz') ? execFileSync('xz', ['--compress', '--stdout'], { input: tar }) : gzipSync(tar);
  return { bytes, sha256: sha256Of(bytes), file };
};

const folder = (name: string): RawEntry => ({ name: `${name}/`, type: '5' });

/** A CPython of a few files. Its `configure` notes its arguments; `fake make` does the rest. */
export const packCpython = (version: string, more: readonly RawEntry[] = []): SmallArchive => {
  const root = `Python-${version}`;
  return pack(`${root}.tar.xz`, [
    folder(root),
    folder(`${root}/Include`),
    { name: `${root}/Include/patchlevel.h`, content: `#define PY_VERSION "${version}"\n` },
    {
      name: `${root}/configure`,
      mode: 0o755,
      // The fake program of this name records the call and does what the test says.
      content: '#!/bin/sh\nexec fake-configure "$@"\n',
    },
    ...more,
  ]);
};

/** Files of a small AWS-LC, by path below its root: its header and sources have the texts that the probe looks for. */
export const listAwslcFiles = (version: string, has: Capabilities = capabilities): Readonly<Record<string, string>> => {
  const marks = capabilityMarks(has);
  const texts = marks.headers.present.map((text) =>
    text.endsWith('(') ? `void ${text}void);` : `#define ${text.replace('#define ', '')}`,
  );
  return {
    'include/openssl/base.h': [`#define AWSLC_VERSION_NUMBER_STRING "${version}"`, ...texts, ''].join('\n'),
    ...Object.fromEntries(
      (['hmac', 'groups', 'server'] as const).map((name) => [
        probedSources[name],
        marks.sources[name].present.join('\n'),
      ]),
    ),
  };
};

/** An AWS-LC of a few files. */
export const packAwslc = (
  version: string,
  more: readonly RawEntry[] = [],
  has: Capabilities = capabilities,
): SmallArchive => {
  const root = `aws-lc-${version}`;
  const files = Object.entries(listAwslcFiles(version, has));
  return pack(`${root}.tar.gz`, [
    folder(root),
    folder(`${root}/include`),
    folder(`${root}/include/openssl`),
    ...files.map(([name, content]) => ({ name: `${root}/${name}`, content })),
    ...more,
  ]);
};

/** A catalogue entry of a small CPython, served at a URL. */
export const cpythonEntry = (version: string, archive: SmallArchive, url: string): CpythonEntry => ({
  version,
  series: version.split('.').slice(0, 2).join('.'),
  archive: {
    file: archive.file,
    sha256: archive.sha256,
    sizeBytes: archive.bytes.length,
    format: 'tar.xz',
    root: `Python-${version}`,
    origins: [{ kind: 'https', url }],
  },
});

/** A catalogue entry of a small AWS-LC, served at a URL. */
export const awslcEntry = (version: string, archive: SmallArchive, url: string): AwslcEntry => ({
  version,
  line: 'main',
  capabilities,
  archive: {
    file: archive.file,
    sha256: archive.sha256,
    sizeBytes: archive.bytes.length,
    format: 'tar.gz',
    root: `aws-lc-${version}`,
    origins: [{ kind: 'https', url }],
  },
});

/** A catalogue with these entries and the shipped series. */
export const makeCatalogue = (awslc: readonly AwslcEntry[], cpython: readonly CpythonEntry[]): Catalogue => ({
  awslc: { version: 1, entries: [...awslc] },
  cpython: { version: 1, series: shipped.cpython.series, entries: [...cpython] },
});
