import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/model/json.ts';
import type { Proof } from '../../src/model/proof.ts';
import { findFailedClaims } from '../../src/steps/prove.ts';
import { realPython, type RealPython } from '../rig/real-python.ts';
import { compileParts, makeTrap, type Parts, type Trap } from '../rig/trap.ts';

const run = promisify(execFile);

/**
 * Both modules with this cell's AWS-LC, linked carelessly: every symbol exported, and hidden but not cut off from
 * outside. CPython's own hashes as extension modules, as a build without the right configure options has them. A module
 * that kills whoever imports it.
 */
const parts = `
HACL = $(srcdir)/Modules/_hacl
COMPILE = $(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(HACL)/include -D_BSD_SOURCE -D_DEFAULT_SOURCE
OWN = md5 sha1 sha2 sha3

parts: $(OUT)/plain.so $(OUT)/excluded.so $(OUT)/crash.so $(OWN:%=$(OUT)/_%.so)
$(OUT)/plain.so: _ssl.o _hashopenssl.o _awslc_fips.o
	$(BLDSHARED) -o $@ $^ $(LIBSSL) $(LIBCRYPTO) -pthread
$(OUT)/excluded.so: _ssl.o _hashopenssl.o _awslc_fips.o
	$(BLDSHARED) -o $@ $^ -Wl,--exclude-libs,ALL $(LIBSSL) $(LIBCRYPTO) -pthread
_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(COMPILE) -I$(INCLUDE) -c $< -o $@
_awslc_fips.o: $(TOOL)/_awslc_fips.c
	$(COMPILE) -I$(INCLUDE) -c $< -o $@
$(OUT)/crash.so:
	echo 'void *PyInit__hashlib(void) { __builtin_trap(); }' | $(CC) -shared -fPIC -x c - -o $@
$(OUT)/_md5.so:
	$(COMPILE) -shared -o $@ $(srcdir)/Modules/md5module.c $(HACL)/Hacl_Hash_MD5.c
$(OUT)/_sha1.so:
	$(COMPILE) -shared -o $@ $(srcdir)/Modules/sha1module.c $(HACL)/Hacl_Hash_SHA1.c
$(OUT)/_sha2.so:
	$(COMPILE) -shared -o $@ $(srcdir)/Modules/sha2module.c $(HACL)/Hacl_Hash_SHA2.c
$(OUT)/_sha3.so:
	$(COMPILE) -shared -o $@ $(srcdir)/Modules/sha3module.c $(HACL)/Hacl_Hash_SHA3.c
`;
const ownHashes = ['_md5', '_sha1', '_sha2', '_sha3'];

const foundOf = (proof: Proof, id: string): Json | undefined =>
  [...proof.claims, ...proof.facts].find((entry) => entry.id === id)?.found;

describe('the proof of a real Python', () => {
  let real: RealPython;
  let wrong: Parts | undefined;
  const traps: Trap[] = [];
  const part = (name: string): string => {
    if (wrong === undefined) throw new Error('the parts were not compiled');
    return wrong.file(name);
  };
  const copy = async (): Promise<Trap> => {
    const trap = await makeTrap(real);
    traps.push(trap);
    return trap;
  };
  const failedIds = (proof: Proof): string[] => findFailedClaims(proof, real.expectations).map(({ id }) => id);

  beforeAll(async () => {
    real = await realPython();
    wrong = await compileParts(real, parts);
  });
  afterEach(async () => {
    for (const trap of traps.splice(0)) await trap.remove();
  });
  afterAll(async () => {
    await wrong?.remove();
  });

  it('holds for what was built, with the same bytes each time and wherever the tree lies', async () => {
    const [here, there] = [await copy(), await copy()];
    const first = await here.prove();
    const again = await here.prove();
    const elsewhere = await there.prove();
    expect(failedIds(first.proof)).toEqual([]);
    expect(again.text).toBe(first.text);
    expect(elsewhere.text).toBe(first.text);
    expect(first.text).not.toContain(here.prefix);
  });

  it('fails on exports and on the hijack probe for a plain static link', async () => {
    const { take, put, link, prove } = await copy();
    await take('_ssl');
    await take('_hashlib');
    await put('_ssl', part('plain.so'));
    await link('_hashlib', '_ssl');
    const { proof } = await prove();
    const rivals = foundOf(proof, 'hijack-rivals');
    const hasRivals = Array.isArray(rivals) && rivals.length > 0;
    // It is the right AWS-LC: everything but the way of linking is as it should be.
    expect(failedIds(proof)).toEqual([
      'elf-exports',
      'elf-undefined',
      ...(hasRivals ? ['hijack-preload', 'hijack-global'] : []),
    ]);
    if (hasRivals) {
      const fromTheRival: unknown = expect.stringMatching(/^OpenSSL /);
      expect(foundOf(proof, 'hijack-preload')).toMatchObject({ rivals: 'loaded', 'openssl version': fromTheRival });
    } else {
      expect(proof.notChecked.join()).toContain('this machine has none');
    }
  });

  it('fails on the symbols that a hidden but careless link takes from outside', async () => {
    const { take, put, link, prove } = await copy();
    await take('_ssl');
    await take('_hashlib');
    await put('_ssl', part('excluded.so'));
    await link('_hashlib', '_ssl');
    const { proof } = await prove();
    expect(failedIds(proof)).toEqual(['elf-undefined']);
    expect(foundOf(proof, 'elf-undefined')).toContain('OPENSSL_memory_alloc');
  });

  it('fails when _ssl and _hashlib have an AWS-LC each', async () => {
    const { take, put, file, prove } = await copy();
    await take('_hashlib');
    await put('_hashlib', file('_ssl'));
    const { proof } = await prove();
    expect(failedIds(proof)).toEqual(['modules', 'one-awslc']);
  });

  it('fails on every provider when _hashlib is gone and CPython’s own hashes answer', async () => {
    const { take, put, prove } = await copy();
    await take('_hashlib');
    for (const name of ownHashes) await put(name, part(`${name}.so`));
    const { proof } = await prove();
    expect(failedIds(proof)).toEqual([
      'fips-mode',
      'modules',
      'one-awslc',
      'hash-providers',
      'hash-constructors',
      'fallback-modules',
      'hmac-providers',
      'hmac-digest-providers',
      'kdf-providers',
      'known-digests',
      'known-hmacs',
      'known-kdfs',
      'hmac-capability',
      'hijack-preload',
      'hijack-global',
      'hijack-search-path',
      'extension-modules',
    ]);
    expect(foundOf(proof, 'hash-providers')).toMatchObject({ md5: '_md5', sha256: '_sha2', sha3_256: '_sha3' });
  });

  it('fails on fallback modules that stand ready beside a good _hashlib', async () => {
    const { put, prove } = await copy();
    for (const name of ownHashes) await put(name, part(`${name}.so`));
    const { proof } = await prove();
    expect(failedIds(proof)).toEqual(['fallback-modules']);
    expect(foundOf(proof, 'fallback-modules')).toEqual(['_blake2', '_hmac', ...ownHashes]);
  });

  it('judges everything else when a module kills the interpreter', async () => {
    const { take, put, prove } = await copy();
    await take('_hashlib');
    await put('_hashlib', part('crash.so'));
    const { proof } = await prove();
    const killed: unknown = expect.stringMatching(/ended by SIG/);
    expect(foundOf(proof, 'hash-providers')).toEqual({ error: killed });
    expect(foundOf(proof, 'extension-modules')).toEqual({ _hashlib: killed });
    expect(foundOf(proof, 'openssl-version')).toBe(real.expectations['openssl-version']);
    expect(failedIds(proof)).not.toContain('tls-minimum');
    const claimed = Object.keys(real.expectations).filter((id) => !id.startsWith('$'));
    expect(proof.claims.map(({ id }) => id).sort()).toEqual(claimed.sort());
  });

  it('is written in the language of CPython 3.9', async () => {
    const program =
      'import ast, pathlib, sys\n' +
      'for path in pathlib.Path(sys.argv[1]).glob("*.py"): ast.parse(path.read_text(), path.name, feature_version=(3, 9))';
    const files = join(import.meta.dirname, '../../src/python');
    await run(join(real.prefix, 'bin/python3'), ['-I', '-B', '-c', program, files]);
  });
});
