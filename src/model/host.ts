import type { Platform } from './cell.ts';
import type { Tool } from './plan.ts';
import type { Machine } from './record.ts';

/** How packages get onto this machine. */
export type PackageFamily = 'apt' | 'dnf' | 'apk';

/** A -dev package that CPython's configure looks for, as found on this machine. */
export interface DevPackage {
  /** Name in recipes/knowledge/toolchain.json, the same on every distribution: `libffi`. */
  readonly library: string;
  /** Version as the package manager or pkg-config says it; absent when it is not installed. */
  readonly version?: string;
  /** CPython extension modules that it gives. */
  readonly modules: readonly string[];
}

/** What a plan needs to know of the machine, and nothing that differs between equal machines. */
export interface Host {
  readonly platform: Platform;
  /** Programs found, by name, sorted: `{ name: 'gcc', version: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0' }`. */
  readonly tools: readonly Tool[];
  readonly devPackages: readonly DevPackage[];
  /** The machine's own OpenSSL, which a twin is compiled against; no part of a core. Absent when its headers are. */
  readonly openssl?: { readonly version: string };
  /** `native` as explicit compiler flags; empty when the compiler cannot say. */
  readonly nativeFlags: readonly string[];
  /** Feature flags of the CPU as /proc/cpuinfo spells them. */
  readonly cpuFeatures: readonly string[];
  readonly machine: Machine;
  readonly packageFamily?: PackageFamily;
}
