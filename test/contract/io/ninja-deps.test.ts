import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOutside, parseNinjaDeps } from '../../../src/io/ninja-deps.ts';
import { makeNinjaDeps } from '../../rig/ninja-deps.ts';

let directory: string;
let build: string;
let header: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deps-'));
  build = join(directory, 'kept', 'build');
  mkdirSync(build, { recursive: true });
  header = join(directory, 'stdio.h');
  writeFileSync(header, 'one\n');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});
const digest = (): Promise<string | undefined> => digestOutside(build, join(directory, 'kept'));

describe('parseNinjaDeps', () => {
  it('reads every path, past records of dependencies, and ends where a crash cut it', () => {
    const log = makeNinjaDeps(['a.c.o', '/usr/include/stdio.h', '/x/é.h']);
    expect(parseNinjaDeps(log)).toEqual(['a.c.o', '/usr/include/stdio.h', '/x/é.h']);
    expect(parseNinjaDeps(log.subarray(0, log.length - 1))).toEqual(['a.c.o', '/usr/include/stdio.h', '/x/é.h']);
    expect(parseNinjaDeps(Buffer.from('# ninjadeps\n\u0063\0\0\0', 'latin1'))).toBeUndefined();
    expect(parseNinjaDeps(Buffer.from('something else'))).toBeUndefined();
  });
});

describe('digestOutside', () => {
  it('changes with the bytes of a header outside, whatever its time is, and with no file inside', async () => {
    const none = await digest();
    const inside = join(directory, 'kept', 'src.h');
    writeFileSync(inside, 'a');
    writeFileSync(join(build, '.ninja_deps'), makeNinjaDeps(['a.c.o', header, inside]));
    const before = await digest();
    expect(before).not.toBe(none);
    writeFileSync(inside, 'b');
    expect(await digest()).toBe(before);
    writeFileSync(header, 'two\n');
    // As a package does: older than what was compiled with the header before.
    utimesSync(header, 1, 1);
    const after = await digest();
    expect(after).not.toBe(before);
    rmSync(header);
    expect([before, after]).not.toContain(await digest());
    writeFileSync(join(build, '.ninja_deps'), 'of a later ninja');
    expect(await digest()).toBeUndefined();
  });
});
