import { expect, it } from 'vitest';
import type { DoctorReport } from '../../../src/model/doctor.ts';
import { formatDoctor, worstLevel } from '../../../src/report/doctor.ts';

const report: DoctorReport = {
  version: 1,
  kind: 'doctor',
  level: 'fault',
  platform: { arch: 'x86_64', libc: 'gnu' },
  machine: {
    cpu: 'Fake CPU',
    cpuFeaturesDigest: '00',
    kernel: '6.1',
    libc: 'glibc 2.36',
    os: 'Debian 12',
    cores: 1,
    memoryBytes: 4e9,
  },
  tools: [],
  modules: [],
  findings: [
    { area: 'origins', name: 'https', level: 'note', text: 'no answer' },
    { area: 'toolchain', name: 'gcc', level: 'ok', text: 'gcc 12' },
    { area: 'toolchain', name: 'cmake', level: 'fault', text: 'not found', next: 'Install cmake.' },
  ],
};

it('groups findings by area in a fixed order, with what to do below each', () => {
  expect(formatDoctor(report, { color: false })).toBe(`Debian 12, x86_64, glibc 2.36, kernel 6.1
Fake CPU, 1 usable core

Toolchain
  ok     gcc    gcc 12
  fault  cmake  not found
                -> Install cmake.

Origins of the sources
  note   https  no answer

1 fault, 1 note
`);
});

it('colours levels only when told to', () => {
  expect(formatDoctor(report, { color: true })).toContain('\u001b[31mfault\u001b[39m');
  expect(formatDoctor(report, { color: false })).not.toContain('\u001b');
});

it('takes the worst level of all', () => {
  expect(worstLevel(report.findings)).toBe('fault');
  expect(worstLevel(report.findings.slice(0, 2))).toBe('note');
  expect(worstLevel([])).toBe('ok');
});
