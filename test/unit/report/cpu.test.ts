import { describe, expect, it } from 'vitest';
import type { CpuDocument } from '../../../src/model/cpu-report.ts';
import { formatCpu, formatCpuMarkdown } from '../../../src/report/cpu.ts';

const document: CpuDocument = {
  version: 1,
  kind: 'cpu',
  cells: [
    {
      cell: 'a-cell',
      awslc: '5.12.0',
      arch: 'x86_64',
      masked: ['shani'],
      emulated: false,
      words: ['0x00000001'],
      wordsSource: 'told by the object',
      features: [
        { name: 'avx2', title: 'AVX2', present: true },
        { name: 'shani', title: 'SHA extensions', present: false },
      ],
      paths: [
        {
          primitive: 'AES-GCM',
          usedBy: 'TLS records',
          path: 'VAES on AVX-512',
          symbol: 'aes_gcm_encrypt_avx512',
          rule: 'gcm.c (asks for vaes)',
          reason: 'words told by the object',
          verified: {
            answer: 'not covered',
            functions: [],
            tool: 'SAW',
            caveats: [],
            source: 's',
            note: 'Not on | it.',
          },
        },
        { primitive: 'SHA-1', usedBy: 'hashlib', path: 'AVX2', reason: 'x' },
        { primitive: 'ML-KEM', usedBy: 'TLS', path: null, reason: 'the object names no code' },
      ],
    },
  ],
  caveats: ['What holds for all.'],
  sources: [{ id: 's', title: 'A README', where: 'https://example.com/', readOn: '2026-11-24' }],
  failures: [],
};

describe('what AWS-LC does on this CPU', () => {
  const text = formatCpu(document, { color: false });

  it('says what was masked, seen and not seen, and where the words are from', () => {
    expect(text).toContain('AWS-LC 5.12.0 on this x86_64 CPU, without shani\n');
    expect(text).toContain('words     0x00000001 (told by the object)\n  seen      avx2\n  not seen  shani\n');
  });

  it('does not take an emulator for the CPU of the target', () => {
    const emulated = document.cells.map((cell) => ({ ...cell, arch: 'aarch64', masked: [], emulated: true }));
    const page = formatCpuMarkdown({ ...document, cells: emulated });
    expect(page).toContain("### AWS-LC 5.12.0 on an emulator's aarch64 CPU, not the target's own\n");
    const bare = document.cells.map((cell) => ({ ...cell, masked: ['baseline'] }));
    expect(formatCpu({ ...document, cells: bare }, { color: false })).toContain(
      'on this x86_64 CPU, without all features beyond the baseline\n',
    );
  });

  it('tells what is not covered from what nobody speaks of, and from what is not known', () => {
    expect(text).toContain('verified: not covered; Not on | it.');
    expect(text).toMatch(/SHA-1 .*\n.*\n.*verified: no statement\n/);
    expect(text).toMatch(/ML-KEM +not known\n.*how: the object names no code\n.*verified: not known\n/);
    expect(text).toContain('A README: https://example.com/, read 2026-11-24');
  });

  it('says so where the words are not known', () => {
    const [cell] = document.cells;
    if (cell === undefined) throw new Error('no cell');
    const unknown = { ...document, cells: [{ ...cell, words: null, wordsSource: 'hidden', features: [] }] };
    expect(formatCpu(unknown, { color: false })).toContain("AWS-LC's words are not known: hidden\n");
    expect(formatCpuMarkdown(unknown)).toContain("AWS-LC's words are not known: hidden.");
  });

  it('is a table on a Markdown page, whatever the texts hold', () => {
    const rows = formatCpuMarkdown(document)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(5);
    for (const line of rows) expect(line.replaceAll('\\|', '').split('|'), line).toHaveLength(6);
  });
});
