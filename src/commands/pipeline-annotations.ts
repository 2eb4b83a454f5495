import { isAbsolute, relative, resolve } from 'node:path';
import { annotateFailures, annotateVerdicts, formatAnnotations, type SourcePlace } from '../report/annotations.ts';
import type { PipelineFindings } from './pipeline-report.ts';
import type { PipelineOptions } from './pipeline.ts';

/** Where CPython's tests lie for whoever reads annotations: below the working directory, when they were built from there. */
export const locatePython = (python: readonly string[] | undefined, cwd: string): SourcePlace => {
  const [only, ...others] = python ?? [];
  if (only?.startsWith('path:') !== true || others.length > 0) return {};
  const place = relative(cwd, resolve(cwd, only.slice('path:'.length)));
  if (place.startsWith('..') || isAbsolute(place)) return {};
  return { pythonDir: place === '' ? '.' : place };
};

/** What went wrong in a pipeline command, as annotations for GitHub Actions; nothing when all is as expected. */
export const formatPipelineAnnotations = (
  { verdicts, failures }: PipelineFindings,
  options: PipelineOptions,
  cwd: string,
): string => {
  const place = locatePython(options.python, cwd);
  return formatAnnotations([
    ...annotateFailures(failures),
    ...[...verdicts.values()].flatMap((report) => annotateVerdicts(report, place)),
  ]);
};
