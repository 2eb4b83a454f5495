import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemPython } from '../rig/suites.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patience-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** How a child ends that sleeps for two seconds and may take one, asked by that interpreter. */
const endOfSleep = (interpreter: string): string => {
  const program = `import sys; sys.path.insert(0, sys.argv[1])
from prove_common import ChildFailed, run
try:
    print(run(["sh", "-c", "sleep 2; echo awake"], 1).strip())
except ChildFailed as failure:
    print(failure)`;
  return execFileSync(interpreter, ['-c', program, resolve('src/python')], { encoding: 'utf8' }).trim();
};

it('waits longer for a child where a script stands in the interpreter’s place, as it does in an emulator', () => {
  const script = join(directory, 'python3');
  writeFileSync(script, `#!/bin/bash\nexec -a "$0" '${systemPython}' "$@"\n`, { mode: 0o755 });
  expect(endOfSleep(script)).toBe('awake');
  expect(endOfSleep(systemPython)).toBe('no end within 1 s');
});
