import { chmod, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findServiceTables } from '../../src/report/service-tables.ts';
import { findFailedClaims } from '../../src/steps/prove.ts';
import { realPython, type RealPython } from '../rig/real-python.ts';
import { makeTrap, type Trap } from '../rig/trap.ts';

describe('what a real FIPS build says of its services', () => {
  let fips: RealPython;
  const traps: Trap[] = [];
  const copy = async (real: RealPython = fips): Promise<Trap> => {
    const trap = await makeTrap(real);
    traps.push(trap);
    return trap;
  };

  beforeAll(async () => {
    fips = await realPython('--python', '3.14.6', '--awslc', 'fips-4.2.0');
  });
  afterEach(async () => {
    for (const trap of traps.splice(0)) await trap.remove();
  });

  it('fails the proof where the indicator counts otherwise than the line’s sources say', async () => {
    const digests = fips.expectations['indicator-digests'];
    const expectations = { ...fips.expectations, 'indicator-digests': Object.assign({}, digests, { md5: 'approved' }) };
    const { proof } = await (await copy({ ...fips, expectations })).prove();
    expect(findFailedClaims(proof, expectations)).toEqual([
      { id: 'indicator-digests', expected: 'md5: approved', found: 'md5: not approved' },
    ]);
    // The tables show what was found.
    const [calls, labels] = findServiceTables(proof);
    expect(calls?.rows.find(({ answer, of }) => answer === 'not approved' && of.includes('md5'))).toBeDefined();
    expect(labels?.rows).toContainEqual({
      service: 'default contexts, RSA key of 1024 bits',
      answer: 'not approved',
      of: ['signature rsa_pss_rsae_sha256, 1024 bits'],
    });
  });

  it('fails the proof of a Python that refuses digests in FIPS mode, as others do', async () => {
    const { prefix, prove } = await copy();
    const [series = ''] = (await readdir(join(prefix, 'lib'))).filter((name) => /^python3\.\d+$/.test(name));
    const path = join(prefix, 'lib', series, 'hashlib.py');
    const text = await readFile(path, 'utf8');
    const refusal = `
def _refusing(make):
    def md5(*data, usedforsecurity=True, **named):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return make(*data, **named)
    return md5
md5 = _refusing(md5)
`;
    // A link to the store's file: a new one takes its place.
    await chmod(join(prefix, 'lib', series), 0o755);
    await unlink(path);
    await writeFile(path, text + refusal);
    const failed = findFailedClaims((await prove()).proof, fips.expectations).map(({ id }) => id);
    expect(failed).toContain('fips-coverage');
    expect(failed).not.toContain('indicator-hmacs');
  });
});
