import type { Failure } from '../../src/model/failure.ts';
import type { CellState, MatrixCell, MatrixRecord, MatrixSuites } from '../../src/model/matrix.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { countVerdicts } from '../../src/verdict/counts.ts';
import { fixedHost } from './plan-inputs.ts';
import { plainFacts } from './suite-runs.ts';

const tree = '5be0c1a79f0d'.padEnd(64, 'e');

/** Versions of a matrix as a person might ask for it: three series, a release of AWS-LC, a change to it, a FIPS version. */
const pythons = [
  { version: '3.13.15', series: '3.13' },
  { version: '3.14.6', series: '3.14' },
  { version: '3.15.0rc1', series: '3.15' },
] as const;
const awslcs = [
  { version: '5.12.0', line: 'main', fips: false },
  { version: '5.12.0', line: 'main', fips: false, tree },
  { version: 'fips-4.2.0', line: 'fips-2025', fips: true },
] as const;

const stepsOf = (python: string, awslc: string): MatrixCell['steps'] => [
  { id: 'fetch-awslc', title: `fetch AWS-LC ${awslc}`, outcome: 'recorded', durationMs: 1139 },
  { id: 'unpack-awslc', title: `unpack AWS-LC ${awslc}`, outcome: 'recorded', durationMs: 2721 },
  { id: 'unpack-cpython', title: `unpack CPython ${python}`, outcome: 'recorded', durationMs: 4938 },
  { id: 'probe-awslc', title: `probe the headers and sources of AWS-LC ${awslc}`, outcome: 'done', durationMs: 474 },
  { id: 'configure-core', title: `configure CPython ${python}`, outcome: 'recorded', durationMs: 53_477 },
  { id: 'compile-awslc', title: `compile AWS-LC ${awslc}`, outcome: 'done', durationMs: 157_411 },
  {
    id: 'compile-core',
    title: `compile CPython ${python} without _ssl and _hashlib`,
    outcome: 'recorded',
    durationMs: 239_807,
  },
  { id: 'modules', title: `compile _ssl and _hashlib against AWS-LC ${awslc}`, outcome: 'done', durationMs: 3707 },
  { id: 'install', title: 'install', outcome: 'done', durationMs: 8170 },
  { id: 'prove', title: 'prove what was built', outcome: 'done', durationMs: 39_742 },
  { id: 'test', title: 'run the crypto suites', outcome: 'done', durationMs: 52_794 },
  { id: 'install-twin', title: 'install the twin', outcome: 'not-run', durationMs: 0 },
  { id: 'test-twin', title: 'run the crypto suites on the twin', outcome: 'not-run', durationMs: 0 },
];

/** A traceback as CPython's suites print them. */
export const traceback = (line: number, error: string): string =>
  [
    'Traceback (most recent call last):',
    `  File "{prefix}/lib/python3.14/test/test_ssl.py", line ${line}, in test_session_handling`,
    '    s.connect((HOST, server.port))',
    '    ~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^',
    `  File "{prefix}/lib/python3.14/ssl.py", line 1395, in connect`,
    '    self._real_connect(addr, False)',
    '    ~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^',
    `  File "{prefix}/lib/python3.14/ssl.py", line 1382, in _real_connect`,
    '    self.do_handshake()',
    '    ~~~~~~~~~~~~~~~~~^^',
    error,
  ].join('\n');

const alert = 'ssl.SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] ssl/tls alert handshake failure (_ssl.c:1077)';

/** Unexpected verdicts as a change to AWS-LC causes them. */
export const unexpectedVerdicts: readonly Verdict[] = [
  {
    id: 'test.test_ssl.ThreadedTests.test_session_handling',
    file: 'test_ssl',
    verdict: 'FAIL',
    durationMs: 84,
    reason: alert,
    details: traceback(4631, alert),
  },
  {
    id: "test.test_ssl.ContextTests.test_set_groups (group='X25519MLKEM768')",
    file: 'test_ssl',
    verdict: 'FAIL',
    durationMs: 2,
    reason: "ssl.SSLError: unknown group 'X25519MLKEM768'",
    details: traceback(1108, "ssl.SSLError: unknown group 'X25519MLKEM768'"),
  },
  {
    id: 'test.test_hashlib.HashLibTestCase.test_sha3_256_update_over_4gb',
    file: 'test_hashlib',
    verdict: 'NEWSKIP',
    reason: 'skipped, and neither an entry nor a class of the manifest says so: not enough memory',
  },
];

/** What the suites of a cell came to: so many cases, these of them unexpected. */
export const makeSuites = (unexpected: readonly Verdict[], more: Partial<MatrixSuites> = {}): MatrixSuites => ({
  ranAt: '2026-11-28T21:31:40.000Z',
  asExpected: unexpected.length === 0,
  durationMs: 52_794,
  cases: 4109,
  files: 48,
  counts: { ...countVerdicts(unexpected), PASS: 3971 - unexpected.length, SKIP: 74, XFAIL: 1, XSKIP: 63 },
  verdictsDigest: 'd'.repeat(64),
  notPassed: unexpected.map(({ id, file, verdict }) => ({ id, file, verdict })),
  unexpected: [...unexpected],
  notes: [],
  ...more,
});

const goodProof = { madeAt: '2026-11-28T21:30:20.000Z', claims: 41, holds: 41, failed: [] };

/** A cell that came out as expected, with changes. */
export const makeMatrixCell = (python: number, awslc: number, more: Partial<MatrixCell> = {}): MatrixCell => {
  const [p, a] = [pythons[python % pythons.length], awslcs[awslc % awslcs.length]];
  if (p === undefined || a === undefined) throw new Error('no such version');
  return {
    id: `cpython-${p.version}+awslc-${a.version}-x86_64-gnu-generic-static-quick-${python}${awslc}3f3564`,
    cell: { ...plainFacts.cell, python: { ...p }, awslc: { ...a } },
    state: 'as-expected',
    failures: [],
    run: '20261128T210203Z-321f7d',
    steps: stepsOf(p.version, a.version),
    proof: goodProof,
    suites: makeSuites([]),
    twin: null,
    since: { stateBefore: 'as-expected', verdicts: [] },
    logs: [],
    ...more,
  };
};

const compileFailed: Failure = {
  code: 'command-failed',
  step: 'compile _ssl and _hashlib against AWS-LC 5.12.0',
  argv: ['make', '-f', '{work}/modules.mk', '_ssl.o'],
  exit: 'exit 2',
  log: '{run}/logs/modules-crypto-f42e870ef2c7.log',
  lastLines: [
    "Modules/_ssl.c:3387:9: error: implicit declaration of function 'SSL_CTX_set1_groups_list'; did you mean 'SSL_CTX_set1_curves_list'?",
    'make: *** [modules.mk:14: _ssl.o] Error 1',
  ],
};

const compileLog = [
  'gcc -fno-strict-overflow -Wsign-compare -DNDEBUG -O2 -std=c11 -I{library}/include -c Modules/_ssl.c -o _ssl.o',
  "Modules/_ssl.c: In function '_ssl__SSLContext_set_groups_impl':",
  ...compileFailed.lastLines,
];

const goMissing: Failure = {
  code: 'tool-missing',
  tool: 'go',
  neededFor: 'build the FIPS module of AWS-LC fips-4.2.0',
  next: '`cpython-awslc doctor --fips --fix` installs it.',
};

/** After the failed step nothing ran. */
const failedSteps = (cell: MatrixCell): MatrixCell['steps'] => {
  const at = cell.steps.findIndex(({ id }) => id === 'modules');
  return cell.steps.map((step, index) =>
    index < at ? step : { ...step, outcome: index === at ? 'failed' : 'not-run', durationMs: index === at ? 2214 : 0 },
  );
};

/** The states of nine cells, series by series. */
export const matrixStates: readonly CellState[] = [
  ...(['as-expected', 'unexpected', 'cannot-run'] as const),
  ...(['as-expected', 'unexpected', 'as-expected'] as const),
  ...(['as-expected', 'failed', 'not-run'] as const),
];

const makeCell = (state: CellState, python: number, awslc: number): MatrixCell => {
  const cell = makeMatrixCell(python, awslc);
  const unrun = { run: null, steps: [], proof: null, suites: null, since: null };
  switch (state) {
    case 'as-expected':
      return cell;
    case 'unexpected': {
      const verdicts = unexpectedVerdicts.slice(0, python + 1);
      return {
        ...cell,
        state,
        failures: [{ code: 'verdicts-unexpected', counts: { FAIL: 2 }, first: [] }],
        proof:
          python === 0
            ? goodProof
            : {
                ...goodProof,
                holds: 40,
                failed: [
                  {
                    id: 'tls-default-ciphers',
                    expected: 'TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, ECDHE-ECDSA-AES256-GCM-SHA384',
                    found: 'TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256',
                  },
                ],
              },
        suites: makeSuites(verdicts, {
          notes: ['test_httplib was not judged: it needs the resource network, which was not granted'],
          baseline: {
            run: '20261127T210011Z-11aa22',
            comparison: {
              worse: verdicts.map((one) => ({ id: one.id, file: one.file, from: 'PASS', to: one.verdict })),
              better: [],
              changed: [],
              new: [],
              gone: [],
              same: 4106,
              sameUnexpected: 0,
            },
          },
        }),
        twin: {
          differences: 2,
          cases: [
            {
              id: 'test.test_ssl.TestPostHandshakeAuth.test_pha_setter',
              cell: 'skipped: no post-handshake authentication',
              twin: 'passed',
            },
            { id: verdicts[0]?.id ?? '', cell: `failed: ${alert}`, twin: 'passed' },
          ],
        },
        since: {
          stateBefore: 'as-expected',
          verdicts: verdicts.map(({ id, file, verdict }) => ({ id, file, from: 'PASS' as const, to: verdict })),
        },
        kept: { incremental: true, since: '2026-11-28T20:11:00Z', changedFiles: 3 },
      };
    }
    case 'failed':
      return {
        ...cell,
        state,
        failures: [compileFailed],
        steps: failedSteps(cell),
        proof: null,
        suites: null,
        logs: [{ step: 'modules', lines: compileLog }],
      };
    case 'cannot-run':
      return { ...cell, ...unrun, state, failures: [goMissing] };
    case 'not-run':
      return { ...cell, ...unrun, state };
  }
};

/** A record around cells. */
export const makeMatrix = (cells: readonly MatrixCell[], more: Partial<MatrixRecord> = {}): MatrixRecord => ({
  version: 1,
  kind: 'matrix',
  tool: '0.1.0',
  recipe: 'nightly',
  stage: 'test',
  test: { preset: 'crypto', files: Array.from({ length: 48 }, (_, index) => `test_${index}`), match: [] },
  startedAt: '2026-11-28T21:02:03.000Z',
  endedAt: '2026-11-28T21:43:10.000Z',
  runs: [
    {
      id: '20261128T210203Z-321f7d',
      startedAt: '2026-11-28T21:02:03.000Z',
      durationMs: 2_467_000,
      cpuMs: 4_310_000,
      machine: {
        ...fixedHost.machine,
        cpu: 'AMD EPYC 9R14',
        os: 'Debian GNU/Linux 12 (bookworm)',
        kernel: '6.1.0-32-amd64',
      },
      cells: cells.length,
      exitCode: 1,
    },
  ],
  since: { startedAt: '2026-11-27T21:00:11.000Z', recipe: 'nightly' },
  cells: [...cells],
  steps: [
    { id: 'compile-awslc', title: 'compile AWS-LC 5.12.0', cells: 3, done: 1 },
    { id: 'compile-core', title: 'compile CPython 3.14.6 without _ssl and _hashlib', cells: 3, done: 1 },
    { id: 'install', title: 'install', cells: 1, done: 1 },
  ],
  exitCode: 1,
  ...more,
});

/** A matrix of three series and three AWS-LC in which every state occurs. */
export const makeMixedMatrix = (): MatrixRecord =>
  makeMatrix(matrixStates.map((state, index) => makeCell(state, Math.floor(index / 3), index % 3)));

/** Texts that try to leave their place on a page, to run, or to be read as another text. */
export const hostileTexts = {
  tag: '</script></style></pre><script>document.title="taken"</script><img src=x onerror=alert(1)>',
  attribute: `" onmouseover="alert(1)' autofocus onfocus='alert(2)`,
  entity: '&lt;b&gt; &#x202e; &amp;amp;',
  controls: 'a\u0000b\u001b[31mred\u001b[0m\u0008\u007f\u009b1m\rover',
  bidi: 'safe\u202etxt.exe\u202c \u2066isolated\u2069 \u200fmark',
  invisible: 'zero\u200bwidth\u2060join\ufefforder\u00adsoft\u{e0041}tag\u3164filler',
  lines: 'one\u2028two\u2029three',
  surrogate: 'lone \ud800 high, \udfff low, \uffff none',
} as const;

/** The mixed matrix in which every text that a record may hold is hostile. */
export const makeHostileMatrix = (): MatrixRecord => {
  const all = Object.values(hostileTexts).join(' ');
  const verdict: Verdict = {
    id: all,
    file: hostileTexts.attribute,
    verdict: 'FAIL',
    reason: all,
    details: `${all}\n${all}`,
  };
  const changes = [{ id: all, file: all, to: 'FAIL' as const }];
  const cell = makeMatrixCell(0, 0, {
    id: all,
    state: 'unexpected',
    failures: [{ code: hostileTexts.tag }, { code: 'command-failed', step: all }],
    run: all,
    steps: [{ id: 's', title: all, outcome: 'failed', durationMs: 1 }],
    proof: { madeAt: all, claims: 1, holds: 0, failed: [{ id: all, expected: all, found: all }] },
    suites: makeSuites([verdict], {
      ranAt: all,
      notes: [all],
      baseline: {
        run: all,
        comparison: { worse: changes, better: [], changed: [], new: [], gone: [], same: 0, sameUnexpected: 0 },
      },
    }),
    twin: { differences: 1, cases: [{ id: all, cell: all, twin: all }] },
    since: { stateBefore: 'failed', verdicts: changes },
    logs: [{ step: 's', lines: [all] }],
  });
  const hostileCell = {
    ...cell.cell,
    python: { version: hostileTexts.tag, series: all },
    target: hostileTexts.attribute,
    cipherString: all,
  };
  const plain = makeMixedMatrix();
  const machine = { ...fixedHost.machine, cpu: all, os: all, kernel: all, libc: all };
  return {
    ...plain,
    tool: all,
    recipe: all,
    startedAt: all,
    endedAt: all,
    test: { preset: 'crypto', files: [], match: [all] },
    runs: plain.runs.map((run) => ({ ...run, id: all, startedAt: all, machine })),
    since: { startedAt: all, recipe: hostileTexts.bidi },
    cells: [{ ...cell, cell: hostileCell }, { ...cell }, { ...cell }, ...plain.cells],
    steps: [{ id: all, title: all, cells: 2, done: 2 }],
  };
};

/** A matrix of many cells, each with as many unexpected cases, no two tracebacks alike. */
export const makeLargeMatrix = (cells: number, unexpected: number): MatrixRecord =>
  makeMatrix(
    Array.from({ length: cells }, (_, index) => {
      const verdicts = Array.from({ length: unexpected }, (__, number): Verdict => {
        const reason = `ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:${1000 + number})`;
        return {
          id: `test.test_ssl.ThreadedTests.test_protocol_sslv${number}_and_a_name_of_the_usual_length`,
          file: 'test_ssl',
          verdict: 'FAIL',
          reason,
          details: `${traceback(100 * index + number, reason)}\n${traceback(index, reason)}`,
        };
      });
      const cell = makeMatrixCell(index, Math.floor(index / 3), { state: 'unexpected', suites: makeSuites(verdicts) });
      const target = `x86-64-v${Math.floor(index / 9) + 1}`;
      return { ...cell, id: `${cell.id}-${index}`, cell: { ...cell.cell, target } };
    }),
  );
