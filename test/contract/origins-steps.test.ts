import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Archive } from '../../src/model/catalogue.ts';
import type { Action, Step } from '../../src/model/plan.ts';
import type { StepContext } from '../../src/steps/context.ts';
import { fetchStep } from '../../src/steps/fetch.ts';
import { unpackStep } from '../../src/steps/unpack.ts';
import { packTar } from '../rig/hostile-archives.ts';

const archiveBytes = gzipSync(packTar([{ name: 'x-1/aws-lc/a.c', content: 'int a;\n' }]));
const sha256 = createHash('sha256').update(archiveBytes).digest('hex');

let directory: string;
let context: StepContext;
let progress: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'steps-'));
  writeFileSync(join(directory, 'x.crate'), archiveBytes);
  mkdirSync(join(directory, 'tree'));
  progress = [];
  context = {
    places: { tree: join(directory, 'tree') },
    environment: { PATH: process.env['PATH'] ?? '' },
    jobs: 1,
    niceness: 0,
    answersOf: { directory: 'unused', machine: 'unused' },
    logFile: join(directory, 'log'),
    downloadsDir: join(directory, 'downloads'),
    fetch: { offline: false, mirrors: [], callerEnvironment: {} },
    signal: new AbortController().signal,
    progress: (text) => progress.push(text),
  };
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const archive = (): Archive => ({
  file: 'x.crate',
  sha256,
  sizeBytes: archiveBytes.length,
  format: 'tar.gz',
  root: 'x-1/aws-lc',
  origins: [
    { kind: 'path', path: join(directory, 'none') },
    { kind: 'path', path: join(directory, 'x.crate') },
  ],
});
const step = (kind: 'fetch' | 'unpack', ...actions: Action[]): Step => ({
  id: `${kind}-awslc-0`,
  kind,
  subject: 'awslc',
  title: kind,
  fingerprint: '0',
  workKey: '0',
  inputs: {},
  actions,
  flags: [],
  width: 'one',
});
const fetching = (): Step => step('fetch', { do: 'fetch', archive: archive() });
const unpacking = (): Step =>
  step('unpack', {
    do: 'unpack',
    archive: `{downloads}/${sha256}`,
    format: 'tar.gz',
    root: 'x-1/aws-lc',
    into: '{tree}',
  });

describe('fetchStep', () => {
  it('puts the archive among the downloads and names it in the tree', async () => {
    expect(await fetchStep(fetching(), context)).toEqual({
      ok: true,
      value: {
        commands: [],
        origin: 'path x.crate',
        originsTried: [{ origin: 'path none', reason: 'nothing is there' }],
      },
    });
    expect(readdirSync(join(directory, 'downloads'))).toEqual([sha256]);
    expect(readdirSync(join(directory, 'tree'))).toEqual(['fetched.json']);
    expect(JSON.parse(readFileSync(join(directory, 'tree/fetched.json'), 'utf8'))).toEqual({
      version: 1,
      files: [{ file: 'x.crate', sha256, sizeBytes: archiveBytes.length }],
    });
  });

  it('checks a download that is there, and gets a damaged one again', async () => {
    await fetchStep(fetching(), context);
    expect(await fetchStep(fetching(), context)).toEqual({ ok: true, value: { commands: [] } });
    writeFileSync(join(directory, 'downloads', sha256), 'damaged');
    expect(await fetchStep(fetching(), context)).toMatchObject({ ok: true, value: { origin: 'path x.crate' } });
    expect(progress.join('\n')).toContain('x.crate was damaged in the store');
    expect(readFileSync(join(directory, 'downloads', sha256)).equals(archiveBytes)).toBe(true);
  });
});

describe('unpackStep', () => {
  it('unpacks a download into the tree', async () => {
    await fetchStep(fetching(), context);
    rmSync(join(directory, 'tree'), { recursive: true });
    expect(await unpackStep(unpacking(), context)).toEqual({ ok: true, value: { commands: [] } });
    expect(readFileSync(join(directory, 'tree/a.c'), 'utf8')).toBe('int a;\n');
  });

  it('removes a damaged download and says so; says that one is missing', async () => {
    await fetchStep(fetching(), context);
    rmSync(join(directory, 'tree'), { recursive: true });
    const path = join(directory, 'downloads', sha256);
    writeFileSync(path, 'damaged');
    const found = `sha256 ${createHash('sha256').update('damaged').digest('hex')}`;
    const expected = `sha256 ${sha256}`;
    expect(await unpackStep(unpacking(), context)).toEqual({
      ok: false,
      error: { code: 'store-damaged', path, expected, found },
    });
    expect(await unpackStep(unpacking(), context)).toEqual({
      ok: false,
      error: { code: 'store-damaged', path, expected, found: 'no file' },
    });
  });

  it('names the source in a refusal', async () => {
    await fetchStep(fetching(), context);
    rmSync(join(directory, 'tree'), { recursive: true });
    const wrongRoot = step('unpack', {
      do: 'unpack',
      archive: `{downloads}/${sha256}`,
      format: 'tar.gz',
      root: 'x-2',
      into: '{tree}',
    });
    expect(await unpackStep(wrongRoot, context)).toMatchObject({
      error: { code: 'archive-refused', archive: 'x-2', reason: 'the archive has no such directory' },
    });
    expect(readdirSync(directory)).not.toContain('tree');
  });
});
