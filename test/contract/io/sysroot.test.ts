import { mkdtemp, readFile, readlink, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { makeSysroot } from '../../../src/io/sysroot.ts';
import type { Result } from '../../../src/model/result.ts';
import { fakePrograms, type FakePrograms } from '../../rig/fake-programs.ts';

let directory: string;
let fakes: FakePrograms;

/** A fake apt-get that downloads two packages to where its settings say, and a fake dpkg-deb that unpacks them. */
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sysroot-'));
  fakes = await fakePrograms(directory, {
    'apt-get': [
      { args: '* update' },
      {
        args: '* install *',
        script: `CACHE=$(sed -n 's/^Dir::Cache "\\(.*\\)";$/\\1/p' "$2")
touch "$CACHE/archives/libc6_1_arm64.deb" "$CACHE/archives/zlib1g-dev_1_arm64.deb"; cat "$2" >'${directory}/seen.conf'`,
      },
    ],
    'dpkg-deb': {
      script: `mkdir -p "$3/usr/lib/triple" "$3/lib/triple" "$3/usr/include" "$3/usr/share/doc" "$3/usr/share/pkgconfig" "$3/etc"
case $2 in *libc6*) echo c >"$3/lib/triple/libz.so.1";; *) ln -sf /lib/triple/libz.so.1 "$3/usr/lib/triple/libz.so"
ln -sf libz.so "$3/usr/lib/triple/near.so";; esac`,
    },
  });
});
afterEach(() => removeTree(directory));

const into = (): string => join(directory, 'sysroots', 'triple');
const make = (): Promise<Result<void>> =>
  makeSysroot({
    architecture: 'arm64',
    packages: ['libc6-dev', 'zlib1g-dev'],
    into: into(),
    env: { PATH: fakes.pathWithSystem },
    signal: new AbortController().signal,
  });

describe('a sysroot of Debian packages', () => {
  it('holds their files, with links that stay inside, and leaves nothing beside it', async () => {
    expect(await make()).toMatchObject({ ok: true });
    expect(await readlink(join(into(), 'usr/lib/triple/libz.so'))).toBe('../../../lib/triple/libz.so.1');
    expect(await readlink(join(into(), 'usr/lib/triple/near.so'))).toBe('libz.so');
    expect(await readFile(join(into(), 'usr/lib/triple/near.so'), 'utf8')).toBe('c\n');
    expect([existsSync(join(into(), 'etc')), await readdir(join(into(), 'usr/share'))]).toEqual([false, ['pkgconfig']]);
    expect(await readdir(join(directory, 'sysroots'))).toEqual(['triple']);
  });

  it('asks apt of the other architecture, with a state of its own, and installs nothing', async () => {
    await make();
    const settings = await readFile(join(directory, 'seen.conf'), 'utf8');
    expect(settings).toContain('APT::Architecture "arm64";');
    for (const name of ['Dir::State', 'Dir::State::status', 'Dir::Cache']) {
      expect(settings).toMatch(new RegExp(`^${name} "${directory}`, 'm'));
    }
    const lines = (await fakes.commandLines('apt-get')).map((line) => line.replace(/-c \S+/, '-c CONF'));
    expect(lines).toEqual([
      'apt-get -c CONF update',
      'apt-get -c CONF install -y --download-only libc6-dev zlib1g-dev',
    ]);
  });

  it('is not there when apt fails, and the one before stays', async () => {
    await make();
    await fakes.add({ 'apt-get': { stderr: 'E: no network', exitCode: 100 } });
    expect(await make()).toMatchObject({ ok: false, error: { code: 'command-failed', exit: 'exit code 100' } });
    expect(existsSync(join(into(), 'usr/include'))).toBe(true);
    expect(await readdir(join(directory, 'sysroots'))).toEqual(['triple']);
  });
});
