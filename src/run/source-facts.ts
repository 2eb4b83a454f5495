import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../io/process.ts';
import type { Capabilities } from '../model/catalogue.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { probeProgram, readAwslcVersion, readCapabilities, type CapabilityTexts } from '../plan/capabilities.ts';
import { readProbedSources } from '../steps/probed-sources.ts';

export interface HeaderQuestion {
  /** AWS-LC's source tree. */
  readonly tree: string;
  /** The caller's PATH, absolute directories only. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** What AWS-LC's headers and sources say of themselves; the version is absent when they state none. */
export interface HeaderFacts {
  readonly version?: string;
  readonly capabilities: Capabilities;
}

const noSources: CapabilityTexts['sources'] = { hmac: '', groups: '', server: '' };

/**
 * Preprocesses AWS-LC's headers with the first compiler that is here, and reads the sources that the probe reads.
 * Failures: `tool-missing`, `command-failed`, `interrupted`, `io-failed`.
 */
export const readAwslcHeaders = async (question: HeaderQuestion): Promise<Result<HeaderFacts>> => {
  const purpose = 'read what AWS-LC’s headers declare';
  for (const compiler of ['gcc', 'clang', 'cc']) {
    const ran = await runProgram([compiler, '-E', '-dD', '-P', `-I${question.tree}/include`, '-x', 'c', '-'], {
      purpose,
      cwd: '/',
      env: { PATH: question.path, LC_ALL: 'C.UTF-8' },
      input: probeProgram,
      signal: question.signal,
    });
    if (ran.ok) {
      const version = readAwslcVersion(ran.value.stdout);
      // What states no version is no AWS-LC: that is what to say of it, not that a source is missing.
      const sources = version === undefined ? ok(noSources) : await readProbedSources(question.tree);
      if (!sources.ok) return sources;
      return ok({
        ...(version === undefined ? {} : { version }),
        capabilities: readCapabilities({ headers: ran.value.stdout, sources: sources.value }),
      });
    }
    if (ran.error.code !== 'tool-missing') return ran;
  }
  return fail({
    code: 'tool-missing',
    tool: 'gcc or clang',
    neededFor: purpose,
    next: 'Run `cpython-awslc doctor --fix` to install what is missing.',
  });
};

/** The version that a CPython source tree states in Include/patchlevel.h, or nothing. */
export const readPythonVersion = async (tree: string): Promise<string | undefined> => {
  const text = await readFile(join(tree, 'Include', 'patchlevel.h'), 'utf8').catch(() => '');
  return /^#define PY_VERSION\s+"([^"]+)"/m.exec(text)?.[1];
};
