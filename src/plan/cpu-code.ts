import type { Cell } from '../model/cell.ts';
import { isIn, type CpuCode } from '../model/cpu-code.ts';
import type { Json } from '../model/json.ts';
import type { Action, Step } from '../model/plan.ts';
import { makeStep } from './step.ts';

/** The CPU-specific code that the AWS-LC of a cell has on its platform. */
const piecesOf = ({ awslc, platform }: Cell, knowledge: CpuCode): CpuCode['code'] =>
  knowledge.code.filter((piece) => piece.arch === platform.arch && isIn(piece.in, awslc));

/** What the proof must find of that code: each piece by name, and the functions that show it. None for unknown platforms. */
export const cpuCodeExpectations = (cell: Cell, knowledge: CpuCode): Record<string, Json> => {
  const pieces = piecesOf(cell, knowledge);
  if (pieces.length === 0) return {};
  return {
    $cpuCode: Object.fromEntries(pieces.map(({ name, symbols }) => [name, symbols])),
    'cpu-code': Object.fromEntries(pieces.map(({ name }) => [name, 'there'])),
  };
};

/**
 * Holds what CMake found out about the assembler, in a build directory, against what this AWS-LC needs to keep its code for
 * certain CPUs. None for AWS-LC versions and platforms that have no such code.
 */
export const checkAssembler = ({ platform, awslc }: Cell, knowledge: CpuCode, build: string): readonly Action[] =>
  knowledge.assembler
    .filter((entry) => entry.arch === platform.arch && isIn(entry.in, awslc))
    .slice(0, 1)
    .map(({ present, absent }) => ({
      do: 'require-text',
      file: `${build}/CMakeCache.txt`,
      present,
      absent,
      why: 'an assembler that is too old, OPENSSL_SMALL and OPENSSL_NO_ASM take code for AVX-512 or SHA-3 out without a word',
    }));

/** That check as a step of its own: it says so as soon as CMake has ended, and changes nothing of what is compiled. */
export const planAssembler = (cell: Cell, knowledge: CpuCode, configured: Step): Step | undefined => {
  const actions = checkAssembler(cell, knowledge, '{configured}/build');
  if (actions.length === 0) return undefined;
  return makeStep({
    kind: 'probe',
    subject: 'assembler',
    title: `check that nothing takes CPU-specific code out of AWS-LC ${cell.awslc.version}`,
    inputs: { configured },
    actions,
    alsoDependsOn: {},
  });
};
