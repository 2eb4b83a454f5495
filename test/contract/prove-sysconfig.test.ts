import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { systemPython } from '../rig/suites.ts';

/** What the proof takes for names of the build in a text of a Python for `/opt/python` on that machine. */
const findIn = (text: string, machine: string): unknown => {
  const program = `import sys, json; sys.path.insert(0, sys.argv[1]); import prove_sysconfig
print(json.dumps(prove_sysconfig.foreign_names(sys.argv[2], "/opt/python", sys.argv[3])))`;
  return JSON.parse(
    execFileSync(systemPython, ['-c', program, resolve('src/python'), text, machine], { encoding: 'utf8' }),
  );
};

it('takes a machine of another architecture for one of the build, in each way that configure writes it', () => {
  const text = `'--host=aarch64-linux-gnu' '--build=x86_64-linux-gnu' 'build_alias=x86_64-linux-gnu'
build=		x86_64-pc-linux-gnu
host=aarch64-unknown-linux-gnu EXT_SUFFIX=.cpython-314-aarch64-linux-gnu.so LIBPL=config-3.14-aarch64-linux-gnu
"extensions": [".cpython-314-x86_64-linux-gnu.so"] my_x86_64-linux-gnu`;
  expect(findIn(text, 'aarch64')).toEqual(['x86_64-linux-gnu', 'x86_64-pc-linux-gnu']);
  expect(findIn(text, 'x86_64')).toEqual(['aarch64-linux-gnu', 'aarch64-unknown-linux-gnu']);
});

it('takes no directory of the system or the prefix for one of the build, and any other', () => {
  const text =
    '/usr/lib/aarch64-linux-gnu /opt/python/bin/python3 $(srcdir)/a/b /home/somebody/build/x /opt/python2/bin';
  expect(findIn(text, 'aarch64')).toEqual(['/home/somebody/build/x', '/opt/python2/bin']);
});
