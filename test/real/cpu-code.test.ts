import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/io/files.ts';
import { exitCodeOf } from '../../src/model/failure.ts';
import { checkProof } from '../../src/steps/prove.ts';
import { realPython, type RealPython } from '../rig/real-python.ts';
import { compileParts, makeTrap } from '../rig/trap.ts';

const run = promisify(execFile);

/** The one object as it should be linked, but with another libcrypto. */
const parts = (libcrypto: string): string => `
parts: _ssl.o _hashopenssl.o _awslc_fips.o exports.map
	$(BLDSHARED) -o $(OUT)/_ssl.so _ssl.o _hashopenssl.o _awslc_fips.o -Wl,--version-script=exports.map \\
	  -Wl,-Bsymbolic -Wl,-z,nodynamic-undefined-weak -Wl,-z,relro -Wl,-z,now $(LIBSSL) ${libcrypto} -pthread
exports.map:
	echo '{ global: PyInit__ssl; PyInit__hashlib; PyInit__awslc_fips; local: *; };' >$@
_ssl.o _hashopenssl.o: %.o: $(srcdir)/Modules/%.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(INCLUDE) -c $< -o $@
_awslc_fips.o: $(TOOL)/_awslc_fips.c
	$(CC) $(PY_STDMODULE_CFLAGS) $(CCSHARED) -I$(INCLUDE) -c $< -o $@
`;

// An option of the x86-64 assembly; on Arm the compiler itself decides about the SHA-3 instructions.
describe.runIf(process.arch === 'x64')('an AWS-LC without its AVX-512 code', () => {
  let real: RealPython;
  let directory: string;

  beforeAll(async () => {
    real = await realPython();
    directory = await mkdtemp(join(tmpdir(), 'cpu-code-'));
    const source = dirname(real.awslcIncludeDir);
    const build = join(directory, 'build');
    const plain = ['-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_POSITION_INDEPENDENT_CODE=ON', '-DBUILD_TESTING=OFF'];
    const without = ['-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX=1', '-DDISABLE_GO=ON', '-DDISABLE_PERL=ON'];
    await run('cmake', ['-G', 'Ninja', '-S', source, '-B', build, ...plain, '-DBUILD_TOOL=OFF', ...without]);
    await run('cmake', ['--build', build, '--target', 'crypto'], { maxBuffer: 64 * 1024 * 1024 });
  });
  afterAll(() => removeTree(directory));

  it('fails the proof with exit 5, in the one claim that looks for that code', async () => {
    const linked = await compileParts(real, parts(join(directory, 'build/crypto/libcrypto.a')));
    const trap = await makeTrap(real);
    try {
      await trap.take('_ssl');
      await trap.put('_ssl', linked.file('_ssl.so'));
      await trap.prove();
      const checked = await checkProof(join(dirname(trap.prefix), 'proof.json'), real.expectations);
      expect(checked).toMatchObject({
        ok: false,
        error: {
          code: 'proof-failed',
          claims: [
            {
              id: 'cpu-code',
              found: expect.stringMatching(/aes-gcm-avx512: without aes_gcm_encrypt_avx512/) as unknown,
            },
          ],
        },
      });
      expect(checked.ok ? 0 : exitCodeOf(checked.error)).toBe(5);
    } finally {
      await trap.remove();
      await linked.remove();
    }
  });
});
