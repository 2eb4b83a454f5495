import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemPython } from '../rig/suites.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'elf-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const source = `
#include <stdint.h>
__attribute__((visibility("hidden"))) uint32_t OPENSSL_hidden_P[2] = {0x12345678, 0xfedcba98};
static __attribute__((noinline, used)) int work_on(int x) { return x + 1; }
int exported(void) { return work_on(1); }
`;

const ask = (object: string, program: string): unknown =>
  JSON.parse(
    execFileSync(
      systemPython,
      [
        '-c',
        `import sys, json, ctypes; sys.path.insert(0, ${JSON.stringify(resolve('src/python'))})
library = ctypes.CDLL(${JSON.stringify(object)})
import prove_cpu
from prove_elf import Elf
path = ${JSON.stringify(object)}
print(json.dumps(${program}))`,
      ],
      { encoding: 'utf8' },
    ),
  );

it('reads a variable that a shared library hides, by its table of symbols; without one it says none', () => {
  const [code, object, stripped] = ['a.c', 'a.so', 'b.so'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]; // Three names give three paths.
  writeFileSync(code, source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', object, code]);
  execFileSync('cc', ['-shared', '-fPIC', '-s', '-o', stripped, code]);
  const read = 'prove_cpu.read_variable(path, "OPENSSL_hidden_P", 2)';
  expect(ask(object, read)).toEqual([0x12345678, 0xfedcba98]);
  expect(ask(stripped, read)).toBeNull();
  const names = '[name in Elf(path).names() for name in ("exported", "work_on", "nothing")]';
  expect(ask(object, names)).toEqual([true, true, false]);
  expect(ask(stripped, names)).toEqual([true, false, false]);
});
