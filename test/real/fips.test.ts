import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/model/json.ts';
import type { Proof } from '../../src/model/proof.ts';
import { findFailedClaims } from '../../src/steps/prove.ts';
import { parseJson } from '../../src/model/json.ts';
import { isAsExpected } from '../../src/model/proof.ts';
import { resultDocumentSchema } from '../../src/model/result-document.ts';
import { realPython, runReal, type RealPython } from '../rig/real-python.ts';
import { compileParts, makeTrap, type Parts, type Trap } from '../rig/trap.ts';

/** CPython's own SHA-2, as a build without the right configure option has it; and the right module, linked carelessly. */
const parts = `
HACL = $(srcdir)/Modules/_hacl

parts: $(OUT)/_sha2.so $(OUT)/plain.so
$(OUT)/plain.so: _ssl.o _hashopenssl.o _awslc_fips.o
	$(BLDSHARED) -o $@ $^ $(LIBSSL) $(LIBCRYPTO) -pthread
_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(INCLUDE) -c $< -o $@
_awslc_fips.o: $(TOOL)/_awslc_fips.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(INCLUDE) -c $< -o $@
$(OUT)/_sha2.so:
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(HACL)/include -D_BSD_SOURCE -D_DEFAULT_SOURCE \\
	  -shared -o $@ $(srcdir)/Modules/sha2module.c $(HACL)/Hacl_Hash_SHA2.c
`;

const foundOf = (proof: Proof, id: string): Json | undefined =>
  [...proof.claims, ...proof.facts].find((entry) => entry.id === id)?.found;

/** Flips one bit of a file's byte. */
const flipBit = async (path: string, offset: number): Promise<void> => {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offset);
    await file.write(Buffer.of(byte.readUInt8() ^ 1), 0, 1, offset);
  } finally {
    await file.close();
  }
};

describe('the proof of a real FIPS build', () => {
  let fips: RealPython;
  let plain: RealPython;
  let wrong: Parts | undefined;
  const traps: Trap[] = [];
  const copy = async (): Promise<Trap> => {
    const trap = await makeTrap(fips);
    traps.push(trap);
    return trap;
  };
  const failedIds = (proof: Proof): string[] => findFailedClaims(proof, fips.expectations).map(({ id }) => id);
  /** Puts a file of another build in place of an extension module, under the same name. */
  const moduleOf = (build: RealPython, name: string): string =>
    join(
      build.prefix,
      'lib/python3.14/lib-dynload',
      `${name}.cpython-314-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu.so`,
    );

  beforeAll(async () => {
    fips = await realPython('--python', '3.14.6', '--awslc', 'fips-4.2.0');
    plain = await realPython('--python', '3.14.6');
    wrong = await compileParts(fips, parts);
  });
  afterEach(async () => {
    for (const trap of traps.splice(0)) await trap.remove();
  });
  afterAll(async () => {
    await wrong?.remove();
  });

  it('holds for what was built, with the same bytes wherever the tree lies', async () => {
    const [here, there] = [await copy(), await copy()];
    const first = await here.prove();
    const elsewhere = await there.prove();
    expect(failedIds(first.proof)).toEqual([]);
    expect(elsewhere.text).toBe(first.text);
    expect(first.text).not.toContain(here.prefix);
    expect(foundOf(first.proof, 'fips-outside-hmacs')).toMatchObject({ shake_128: 'refused' });
  });

  it('fails on everything, and says why, when one bit of the module was changed', async () => {
    const { take, put, file, prove } = await copy();
    // The tree has hard links to the store: a file of its own is changed.
    await take('_ssl');
    await put('_ssl', moduleOf(fips, '_ssl'));
    const at = (await readFile(file('_ssl'))).indexOf('FIPS integrity test\0');
    expect(at).toBeGreaterThan(0);
    // The module's constants are in its code: the text that it would say is under its hash.
    await flipBit(file('_ssl'), at + 'FIPS integrity test'.length - 1);
    const { proof } = await prove();
    expect(failedIds(proof)).toEqual(
      expect.arrayContaining(['fips-version', 'fips-self-tests', 'fips-mode', 'openssl-version', 'hash-providers']),
    );
    const says: unknown = expect.stringMatching(/^the probe ended by SIGABRT: FIPS integrity tes. failed\.$/);
    expect(foundOf(proof, 'fips-version')).toEqual({ error: says });
  });

  it('fails on a fallback hash and on CPython’s own HMAC that were put back', async () => {
    const { put, prove } = await copy();
    await put('_sha2', wrong?.file('_sha2.so') ?? '');
    await put('_hmac', moduleOf(plain, '_hmac'));
    const { proof } = await prove();
    // With _hmac there hmac.py answers, without a word, for what the module refuses.
    expect(failedIds(proof)).toEqual(['fallback-modules', 'fips-outside-hmacs']);
    expect(foundOf(proof, 'fallback-modules')).toEqual(['_blake2', '_hmac', '_sha2']);
    expect(foundOf(proof, 'own-hmac')).toMatch(/^present/);
  });

  it('fails on a careless link, whose module a preloaded libcrypto takes the place of', async () => {
    const { take, put, prove } = await copy();
    await take('_ssl');
    await put('_ssl', wrong?.file('plain.so') ?? '');
    const { proof } = await prove();
    const rivals = foundOf(proof, 'hijack-rivals');
    const hasRivals = Array.isArray(rivals) && rivals.length > 0;
    expect(failedIds(proof)).toEqual(
      expect.arrayContaining([
        'elf-exports',
        'elf-undefined',
        ...(hasRivals ? ['hijack-preload', 'hijack-global'] : []),
      ]),
    );
    // It goes on saying that it is a FIPS module.
    expect(foundOf(proof, 'fips-mode')).toBe(1);
  });

  it('fails on an object without FIPS', async () => {
    const { take, put, prove } = await copy();
    await take('_ssl');
    await put('_ssl', moduleOf(plain, '_ssl'));
    const { proof } = await prove();
    const failed = failedIds(proof);
    const says = ['openssl-version', 'object-version', 'fips-mode', 'fips-version'];
    const does = ['fips-one-module', 'fips-indicator-shared', 'fips-self-tests', 'fips-tampering', 'fips-entropy'];
    expect(failed).toEqual(expect.arrayContaining([...says, ...does]));
    // It is a good AWS-LC otherwise.
    expect(failed).not.toContain('one-awslc');
    expect(failed).not.toContain('tls-versions');
    expect(foundOf(proof, 'fips-one-module')).toEqual({});
    expect(foundOf(proof, 'fips-self-tests')).toEqual({ 'integrity test': null, 'self-tests': null });
  });

  it('fails on two modules in one process, though each is right', async () => {
    const { take, put, prove } = await copy();
    await take('_hashlib');
    await put('_hashlib', moduleOf(fips, '_ssl'));
    const { proof } = await prove();
    const failed = failedIds(proof);
    expect(failed).toEqual(
      expect.arrayContaining(['modules', 'one-awslc', 'fips-one-module', 'fips-indicator-shared']),
    );
    expect(foundOf(proof, 'fips-one-module')).toEqual({
      '{prefix}/lib/python3.14/lib-dynload/_hashlib{EXT_SUFFIX}': 1,
      '{prefix}/lib/python3.14/lib-dynload/_ssl{EXT_SUFFIX}': 1,
    });
    expect(foundOf(proof, 'fips-indicator-shared')).toMatchObject({
      'hashlib.sha256': 'not counted',
      'ssl.RAND_bytes': 'counted',
    });
  });
});

describe('CPython’s suites on a real FIPS module', () => {
  it('come out as the manifest expects, and the report says which conditions of a certificate are met', async () => {
    // runReal throws unless the exit code is 0.
    const { stdout } = await runReal(['test', '--awslc', 'fips-4.2.0', '--json']);
    const result = parseJson(resultDocumentSchema, stdout);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const [cell] = result.value.cells;
    expect(cell?.verdicts).toMatchObject({ asExpected: true, counts: { LOST: 0 } });
    expect(cell?.verdicts?.entries.filter(({ use }) => use === 'unused' || use === 'no-case')).toEqual([]);
    expect(cell?.proof?.claims.filter((claim) => !isAsExpected(claim))).toEqual([]);
    expect(cell?.certificate?.conditions.find(({ id }) => id === 'link')?.met).toBe(true);
  });
});
