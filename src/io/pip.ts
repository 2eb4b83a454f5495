import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { pipTransportSchema, type PipTransport } from '../model/packages.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CallerEnvironment } from './download-transport.ts';
import { ioFailure } from './failure.ts';
import { readJson } from './files.ts';
import { makeOriginEnvironment } from './origins/environment.ts';
import { runProgram } from './process.ts';

/**
 * What says where pip's index is and how to get there: settings of the caller's that are let through on purpose, to this one
 * program. What would change what is installed, or where to, is not among them.
 */
const passed =
  /^(?:PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|KEYRING_PROVIDER|USE_FEATURE|USE_DEPRECATED)|NETRC|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|XDG_CONFIG_DIRS)$/;

const makePipEnvironment = (caller: CallerEnvironment, path: string): Record<string, string> => ({
  // One try more where nobody has said: who waits for an index that is not there waits for each.
  PIP_RETRIES: '1',
  ...makeOriginEnvironment(caller),
  ...Object.fromEntries(
    Object.entries(caller).flatMap(([name, value]): [string, string][] =>
      value !== undefined && passed.test(name) ? [[name, value]] : [],
    ),
  ),
  PATH: path,
  PIP_NO_CACHE_DIR: '1',
  PIP_NO_INPUT: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
});

/** What pip says, without addresses, hosts and credentials: they are this machine's. */
export const redactPip = (line: string): string =>
  line
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>()]+/gi, '<address>')
    .replace(/host='[^']*'/g, "host='<host>'")
    .replace(/(Failed to (?:resolve|establish a connection to)) '[^']*'/g, "$1 '<host>'")
    .replace(/(hostname|HTTPSConnection\(|HTTPConnection\() ?'[^']*'/gi, "$1'<host>'")
    .replace(/\b[\w.-]+\.[\w-]+:\d{2,5}\b/g, '<host>')
    .replace(/^(Looking in (?:indexes|links)): .*$/, '$1: <address>')
    .replace(/(User for|Password for) [^:]*:/g, '$1 <host>:');

/** The lines of what pip says that are kept: at that loudness it names hosts in many ways. */
const kept =
  /^(?:ERROR|WARNING|Could not fetch URL|Looking in|Collecting| *Downloading|Saved| +Expected sha256| +Got )/;

/** Why pip got no wheel, most telling first. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /CERTIFICATE_VERIFY_FAILED/i,
    'the index has a certificate that nothing here vouches for (PIP_CERT names a file of roots)',
  ],
  [/(?:HTTP error |: )40[13]\b|\b40[13] (?:Client )?Error/i, 'the index refuses who asks (401 or 403)'],
  [/Name or service not known|name resolution|NameResolutionError|nodename nor servname/i, 'host name not found'],
  [/Connection refused/i, 'connection refused'],
  [/timed? ?out/i, 'no answer in time'],
  [
    /\b5\d\d (?:Server Error|Bad Gateway|Service Unavailable)|too many 5\d\d error/i,
    'the index answers with an error of its own (5xx)',
  ],
  [/SSLError|\[SSL/, 'TLS with the index failed'],
  [/Connection(?:Reset|Aborted)|connection broken|ProtocolError|IncompleteRead|Max retries/i, 'the connection broke'],
  [/No matching distribution|Could not find a version/, 'the index has no such wheel for this Python'],
];

/** One wheel that pip is asked for. */
export interface WantedWheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

export interface PipRequest {
  /** Absolute path of the interpreter whose pip is asked. */
  readonly python: string;
  /** Absolute path of `package_tools/download.py`. */
  readonly script: string;
  /** Text of a requirements file, each line with the digest. */
  readonly requirements: string;
  readonly wheels: readonly WantedWheel[];
  /** An empty directory for the wheels. */
  readonly into: string;
  readonly work: string;
  readonly callerEnvironment: CallerEnvironment;
  readonly path: string;
  /** Gets what pip says, redacted. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const explain = (request: PipRequest, lines: readonly string[], exit: string): Failure => {
  const text = lines.join('\n');
  const wrong =
    /^ *([A-Za-z][\w.-]*)==\S+.*from[\s\S]*?Expected sha256 ([0-9a-f]{64})[\s\S]*?Got +([0-9a-f]{64})/m.exec(text);
  if (wrong !== null || text.includes('DO NOT MATCH THE HASHES')) {
    const [, name = '', expected = '', found = ''] = wrong ?? [];
    const wheel = request.wheels.find(({ sha256 }) => sha256 === expected);
    return {
      code: 'digest-mismatch',
      subject: wheel?.file ?? (name === '' ? 'a wheel' : name),
      origin: 'the package index, through pip',
      expected,
      found,
    };
  }
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return {
      code: 'disk-full',
      path: request.into,
      next: 'Free some space (`cpython-awslc cache gc`), or choose another disk with --store DIR.',
    };
  }
  const reason = reasons.find(([pattern]) => pattern.test(text))?.[1] ?? `pip ended badly (${exit})`;
  const asked = /No matching distribution found for ([\w.-]+==[\w.+!-]+)/.exec(text)?.[1];
  return {
    code: 'origins-exhausted',
    subject: `${request.wheels.length === 1 ? 'the wheel' : `the ${request.wheels.length} wheels`} of the package checks`,
    attempts: [{ origin: `pip${asked === undefined ? '' : ` ${asked}`}`, reason }],
    next: `The index is the one that pip is set up for: see \`pip config list\`, PIP_INDEX_URL, PIP_CERT and the proxy settings. What pip said, without addresses: ${request.logFile}`,
  };
};

/**
 * Gets wheels by a Python's own pip from the index that this machine's pip is set up for; each must have its digest. Says by
 * which TLS they came. Failures: `origins-exhausted`, `digest-mismatch`, `disk-full`, `tool-missing`, `interrupted`, `io-failed`.
 */
export const downloadWheels = async (request: PipRequest): Promise<Result<PipTransport>> => {
  const requirements = join(request.work, 'requirements.txt');
  const transport = join(request.work, 'transport.json');
  try {
    await writeFile(requirements, request.requirements);
  } catch (error) {
    return fail(ioFailure(error, requirements, 'write'));
  }
  const said: string[] = [];
  const ran = await runProgram(
    [
      ...[request.python, '-I', '-B', request.script, '--transport', transport],
      // Why a page could not be had is said at this loudness only.
      ...['download', '-vv', '--no-deps', '--only-binary', ':all:', '--require-hashes', '--progress-bar', 'off'],
      ...['--dest', request.into, '-r', requirements],
    ],
    {
      purpose: 'fetch the wheels',
      cwd: request.work,
      env: makePipEnvironment(request.callerEnvironment, request.path),
      signal: request.signal,
      onLine: (line) => {
        said.push(line);
        if (kept.test(line)) request.progress(redactPip(line));
      },
    },
  );
  try {
    // Not by runProgram, which would write what pip says as it is.
    await appendFile(
      request.logFile,
      said.flatMap((line) => (kept.test(line) ? [`${redactPip(line)}\n`] : [])).join(''),
    );
  } catch (error) {
    return fail(ioFailure(error, request.logFile, 'write the log'));
  }
  if (!ran.ok) return ran.error.code === 'command-failed' ? fail(explain(request, said, ran.error.exit)) : ran;
  const read = await readJson(pipTransportSchema, transport);
  if (read.ok) return ok(read.value);
  return fail({
    code: 'io-failed',
    path: transport,
    operation: 'read',
    reason: 'pip ended well and told nothing of its connections',
  });
};
