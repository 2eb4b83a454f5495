import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../src/model/catalogue.ts';
import { defaultCatalogue, defaultShims, fingerprintsOf, planWith } from '../../rig/plan-inputs.ts';

const lacking = (...names: readonly string[]): Catalogue => ({
  ...defaultCatalogue,
  awslc: {
    ...defaultCatalogue.awslc,
    entries: defaultCatalogue.awslc.entries.map((entry) =>
      entry.version === '5.12.0'
        ? {
            ...entry,
            capabilities: {
              ...entry.capabilities,
              functions: {
                ...entry.capabilities.functions,
                ...Object.fromEntries(names.map((name) => [name, false])),
              },
            },
          }
        : entry,
    ),
  },
});

const modulesOf = (plan: ReturnType<typeof planWith>): string => {
  const step = plan.steps.find(({ kind }) => kind === 'modules');
  return JSON.stringify(step?.actions);
};

describe('shims', () => {
  it('are in no step of a cell that needs none', () => {
    const text = JSON.stringify(planWith().steps);
    expect(text).not.toContain('-include');
    expect(text).not.toContain('shims/');
  });

  it('are written and included in front of both modules when their function is missing, and change only what includes them', () => {
    const plan = planWith({ catalogue: lacking('X509_VERIFY_PARAM_get_hostflags') });
    expect(modulesOf(plan)).toContain('-include {work}/shims/get-hostflags.h');
    expect(modulesOf(plan)).toContain('"path":"{work}/shims/get-hostflags.h"');
    expect(modulesOf(plan)).not.toContain('md-do-all');
    const compat = plan.steps.find(({ subject }) => subject === 'compat');
    expect(JSON.stringify(compat?.actions)).toContain('"-include","{work}/shims/get-hostflags.h"');
    const [before, after] = [fingerprintsOf(planWith()), fingerprintsOf(plan)];
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(
      // The probe looks for what the catalogue says.
      expect.arrayContaining(['probe-compat', 'probe-awslc', 'modules-crypto', 'install-cell', 'prove-cell']),
    );
    expect(after['compile-core']).toBe(before['compile-core']);
    expect(after['compile-awslc']).toBe(before['compile-awslc']);
  });

  it('say in the plan’s notes what they lose', () => {
    const notes = planWith({ catalogue: lacking('EVP_MD_do_all') }).notes.join('\n');
    const loses = defaultShims.find(({ name }) => name === 'md-do-all')?.loses ?? 'no such shim';
    expect(notes).toContain(`AWS-LC 5.12.0 lacks EVP_MD_do_all: shim md-do-all stands in, and loses ${loses}`);
  });

  it('make macros of names that stay what they are', () => {
    const shim = defaultShims.find(({ name }) => name === 'error-libraries');
    const defined = [...(shim?.text ?? '').matchAll(/^#define (\w+) (\w+)$/gm)].map(([, name, value]) => [name, value]);
    expect(defined).toEqual(shim?.provides.map((name) => [name, name]));
    expect(modulesOf(planWith({ catalogue: lacking('ERR_LIB_SSL') }))).toContain(
      '-include {work}/shims/error-libraries.h',
    );
  });

  it('are left out of a series that does not call the function', () => {
    const catalogue = lacking('X509_VERIFY_PARAM_get_hostflags');
    const older = {
      ...catalogue,
      cpython: {
        ...catalogue.cpython,
        series: catalogue.cpython.series.map((one) => (one.series === '3.14' ? { ...one, series: '3.13' } : one)),
        entries: catalogue.cpython.entries.map((one) => (one.version === '3.14.6' ? { ...one, series: '3.13' } : one)),
      },
    };
    expect(modulesOf(planWith({ catalogue: older, tryPatches: true }))).not.toContain('shims/');
  });
});

describe('the check that a cell compiles', () => {
  it('holds back configure and compile of the core and of AWS-LC, and the modules, of every cell', () => {
    const plan = planWith({ axes: { awslc: ['5.12.0', '5.5.0'] } });
    const checks = plan.steps.filter(({ subject }) => subject === 'compat').map(({ id }) => id);
    expect(checks).toHaveLength(2);
    const after = plan.steps.filter((step) => step.after !== undefined);
    expect(after.map(({ kind, subject }) => `${kind}-${subject}`).sort()).toEqual([
      'compile-awslc',
      'compile-awslc',
      'compile-core',
      'configure-awslc',
      'configure-awslc',
      'configure-core',
      'modules-crypto',
      'modules-crypto',
    ]);
    expect(after.find(({ kind, subject }) => kind === 'compile' && subject === 'core')?.after).toEqual(checks);
  });
});
