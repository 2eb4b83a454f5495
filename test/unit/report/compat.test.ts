import { describe, expect, it } from 'vitest';
import type { CompatCell, CompatReport } from '../../../src/model/compat.ts';
import { formatCompat } from '../../../src/report/compat.ts';

const cell = (python: string, awslc: string, more: Partial<CompatCell> = {}): CompatCell => ({
  python,
  awslc,
  status: 'ok',
  missing: [],
  patches: [],
  shims: [],
  cannot: [],
  ...more,
});

const missing = (name: string): CompatCell['cannot'][number] => ({
  name,
  kind: 'function',
  where: '_ssl.c:1',
  text: `implicit declaration of function '${name}'`,
});

const show = (cells: readonly CompatCell[], shims: CompatReport['shims'] = []): string =>
  formatCompat({ version: 1, kind: 'compat', compiler: 'gcc 12', cells: [...cells], shims }, { color: false });

describe('the table of what compiles', () => {
  it('marks each pair, explains its marks, and names what is behind them', () => {
    const text = show(
      [
        cell('3.13.15', '1.26.0', {
          patches: ['0001-pha'],
          missing: [{ ...missing('SSL_set_post_handshake_auth'), answer: 'patch 0001-pha' }],
        }),
        cell('3.13.15', 'fips-2.0.15', {
          status: 'incompatible',
          patches: ['0001-pha'],
          cannot: [{ ...missing('SSL_read_ex'), reason: 'nobody wrote it' }, missing('X509_OBJECT_new')],
        }),
        cell('3.14.6', '1.26.0', {
          shims: ['get-hostflags'],
          missing: [{ ...missing('X509_VERIFY_PARAM_get_hostflags'), answer: 'shim get-hostflags' }],
        }),
        cell('3.14.6', 'fips-2.0.15', { status: 'not-fetched', reason: 'crate x 1: cargo is not here' }),
      ],
      [{ name: 'get-hostflags', provides: ['X509_VERIFY_PARAM_get_hostflags'], loses: 'nothing at all' }],
    );
    expect(text).toContain('AWS-LC       3.13.15  3.14.6\n1.26.0       P        S\nfips-2.0.15  no       ?\n');
    expect(text).toMatch(/^ {2}P {3}compiles with our patches$/m);
    expect(text).not.toContain('compiles as released');
    expect(text).toContain('  shim get-hostflags (CPython 3.14.6)\n    X509_VERIFY_PARAM_get_hostflags\n');
    expect(text).toContain('  patch 0001-pha (CPython 3.13.15)\n    SSL_set_post_handshake_auth\n');
    expect(text).toContain('What a shim loses:\n  get-hostflags: nothing at all\n');
    expect(text).toContain('  CPython 3.13.15 with AWS-LC fips-2.0.15\n    SSL_read_ex, X509_OBJECT_new\n');
    expect(text).toContain('Why there is no shim:\n  SSL_read_ex:\n    nobody wrote it\n');
    expect(text).toContain(
      'Could not be fetched:\n  CPython 3.14.6 with AWS-LC fips-2.0.15\n    crate x 1: cargo is not here\n',
    );
  });

  it('fits 80 columns: more CPythons than fit go into a table below', () => {
    const pythons = Array.from({ length: 15 }, (_, index) => `3.${index}.${index}0`);
    const text = show(
      pythons.flatMap((python) =>
        ['5.12.0', 'fips-4.2.0'].map((awslc) =>
          cell(python, awslc, { missing: [{ ...missing('SSL_read_ex'), answer: 'patch 0001-pha' }] }),
        ),
      ),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.match(/^AWS-LC/gm)).toHaveLength(2);
    for (const python of pythons) expect(text).toContain(`  ${python}`);
  });
});
