import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { loadShims, patchesDir } from '../../../src/run/data.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shims-'));
});
afterEach(() => removeTree(directory));

/** An AWS-LC of one structure: flags of both kinds, and no function that reads the host flags. */
const x509 = `#include <stdlib.h>
typedef struct { unsigned long flags; unsigned int hostflags; } X509_VERIFY_PARAM;
static void X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM *p, unsigned int f) { p->hostflags = f; }
static int X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM *p, unsigned long f) { p->flags |= f; return 1; }
static int X509_VERIFY_PARAM_clear_flags(X509_VERIFY_PARAM *p, unsigned long f) { p->flags &= ~f; return 1; }
static unsigned long X509_VERIFY_PARAM_get_flags(X509_VERIFY_PARAM *p) { return p->flags; }
`;

/** What CPython does with a context's parameters and a connection's. */
const program = `#include <stdio.h>
#define CHECK(c) do { if (!(c)) { printf("line %d: %s\\n", __LINE__, #c); return 1; } } while (0)
int main(void) {
  static const unsigned int all[] = {0x20, 0, 0x22, 0xffffffffu};
  X509_VERIFY_PARAM context = {0x8000, 0}, connection = {0, 0};
  CHECK(X509_VERIFY_PARAM_get_hostflags(&context) == 0);
  for (int i = 0; i < 4; i++) {
    X509_VERIFY_PARAM_set_hostflags(&context, all[i]);
    CHECK(context.hostflags == all[i]);
    CHECK(X509_VERIFY_PARAM_get_hostflags(&context) == all[i]);
    CHECK(X509_VERIFY_PARAM_get_flags(&context) == 0x8000);
    X509_VERIFY_PARAM_set_flags(&context, 0xff00000004UL);
    X509_VERIFY_PARAM_clear_flags(&context, 0xff00008000UL);
    CHECK(X509_VERIFY_PARAM_get_flags(&context) == 0x4);
    X509_VERIFY_PARAM_set_flags(&context, 0x8000);
    X509_VERIFY_PARAM_clear_flags(&context, 0x4);
    CHECK(X509_VERIFY_PARAM_get_hostflags(&context) == all[i]);
    connection.flags |= context.flags;
    X509_VERIFY_PARAM_set_hostflags(&connection, X509_VERIFY_PARAM_get_hostflags(&context));
    CHECK(connection.hostflags == all[i]);
    CHECK(X509_VERIFY_PARAM_get_hostflags(&connection) == all[i]);
  }
  return 0;
}
`;

describe('the shipped shims', () => {
  it('have the digests that their list states', async () => {
    const loaded = await loadShims();
    expect(loaded).toMatchObject({ ok: true });
    if (loaded.ok) expect(loaded.value.shims.map(({ name }) => name)).toContain('get-hostflags');
  });

  it('get-hostflags gives back what was set, and changes nothing else that one can see', async () => {
    await mkdir(join(directory, 'openssl'));
    await writeFile(join(directory, 'openssl/x509.h'), x509);
    await writeFile(join(directory, 'pyconfig.h'), '');
    await writeFile(join(directory, 'main.c'), program);
    const header = join(patchesDir, 'shims', 'get-hostflags.h');
    execFileSync('cc', ['-std=c11', '-Wall', '-Werror', '-I.', '-include', header, 'main.c', '-o', 'main'], {
      cwd: directory,
    });
    expect(execFileSync('./main', { cwd: directory, encoding: 'utf8' })).toBe('');
  });

  it('are refused when a header is not what the list says, is missing, or the list cannot be read', async () => {
    const copy = join(directory, 'shims');
    await cp(join(patchesDir, 'shims'), copy, { recursive: true });
    await writeFile(join(copy, 'md-do-all.h'), '#define EVP_MD_do_all nothing\n');
    expect(await loadShims(copy)).toMatchObject({
      ok: false,
      error: { code: 'digest-mismatch', subject: 'md-do-all.h' },
    });
    await removeTree(join(copy, 'md-do-all.h'));
    expect(await loadShims(copy)).toMatchObject({ ok: false, error: { code: 'io-failed' } });
    await writeFile(join(copy, 'shims.json'), '{"version": 1, "shims": [{"name": "X"}], "unsupported": []}');
    expect(await loadShims(copy)).toMatchObject({ ok: false, error: { code: 'file-invalid', what: 'shims' } });
  });
});
