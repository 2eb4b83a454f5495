import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'awslc-fips-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The counter of one thread, which a test moves by itself. */
const fakeModule = `
import threading
state = threading.local()
is_fips = True
def mode(): return is_fips
def indicator(): return getattr(state, "count", 0)
def move(by=1): state.count = (indicator() + by) % 2**64
`;

/** Leaves a block in another thread; gives what that raised, if anything. */
const leaveElsewhere = `
import threading
def leave_elsewhere(seen, *flight):
    raised = []
    def leave():
        try:
            raised.append(seen.__exit__(*flight))
        except RuntimeError as error:
            raised.append(type(error).__name__)
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    return raised[0]
`;

/** Runs Python with awslc_fips beside the fake `_awslc_fips`; gives `found` as JSON. */
const run = (program: string, module = fakeModule): unknown => {
  writeFileSync(join(directory, '_awslc_fips.py'), module);
  const paths = [directory, resolve('src/python')];
  const text = `import json, sys
sys.dont_write_bytecode = True
sys.path[:0] = ${JSON.stringify(paths)}
import awslc_fips
${program}
print(json.dumps(found))
`;
  return JSON.parse(execFileSync('python3', ['-I', '-c', text], { encoding: 'utf8' }));
};

describe('awslc_fips.ApprovedServices', () => {
  it('counts while its block runs, and keeps the number after it', () => {
    const found = run(`
import _awslc_fips
_awslc_fips.move(7)
with awslc_fips.ApprovedServices() as seen:
    found = [str(seen), seen.count]
    _awslc_fips.move()
    found += [str(seen), seen.count]
    _awslc_fips.move()
_awslc_fips.move()
found += [str(seen), seen.count, str(awslc_fips.ApprovedServices())]
`);
    expect(found).toEqual([
      'no approved service ran that the module counts',
      0,
      '1 approved service ran',
      1,
      '2 approved services ran',
      2,
      'not entered yet',
    ]);
  });

  it('counts on when the counter begins again', () => {
    const found = run(`
import _awslc_fips
_awslc_fips.move(2**64 - 1)
with awslc_fips.ApprovedServices() as seen:
    _awslc_fips.move(3)
found = [_awslc_fips.indicator(), seen.count]
`);
    expect(found).toEqual([2, 3]);
  });

  it('keeps the number when an exception leaves the block, which goes on', () => {
    const found = run(`
import _awslc_fips
try:
    with awslc_fips.ApprovedServices() as seen:
        _awslc_fips.move()
        raise KeyError("own")
except KeyError as error:
    found = [error.args[0], seen.count]
`);
    expect(found).toEqual(['own', 1]);
  });

  it('does not count other threads, and can be neither asked nor left there', () => {
    const found = run(`
import _awslc_fips
${leaveElsewhere}
with awslc_fips.ApprovedServices() as seen:
    thread = threading.Thread(target=_awslc_fips.move)
    thread.start()
    thread.join()
    asked = []
    def ask():
        try:
            asked.append(seen.count)
        except RuntimeError as error:
            asked.append(str(error))
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    found = [seen.count] + asked
left = awslc_fips.ApprovedServices()
left.__enter__()
_awslc_fips.move()
found += [leave_elsewhere(left, None, None, None), left.count, str(left)]
with left:
    _awslc_fips.move()
found.append(left.count)
`);
    expect(found).toEqual([
      0,
      'the service indicator counts per thread: ask in the thread that entered the block',
      'RuntimeError',
      null,
      'not known: the block was left in another thread',
      1,
    ]);
  });

  it('does not replace an exception that leaves the block in another thread', () => {
    const found = run(`
${leaveElsewhere}
seen = awslc_fips.ApprovedServices()
seen.__enter__()
found = [leave_elsewhere(seen, KeyError, KeyError("own"), None), seen.count, str(seen)]
`);
    expect(found).toEqual([null, null, 'not known: the block was left in another thread']);
  });

  it.each([
    ['AWS-LC without FIPS', fakeModule.replace('is_fips = True', 'is_fips = False')],
    ['an ssl that is not on AWS-LC', 'raise ImportError'],
  ])('has no number with %s', (_, module) => {
    const found = run(
      `
with awslc_fips.ApprovedServices() as seen:
    pass
found = [seen.count, str(seen), awslc_fips.is_fips(), awslc_fips.integrity_test(), awslc_fips.self_test()]
`,
      module,
    );
    expect(found).toEqual([null, 'no indicator: this is no FIPS build', false, null, null]);
  });
});
