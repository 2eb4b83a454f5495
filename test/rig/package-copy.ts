import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Manifest, Roster } from '../../src/model/manifest.ts';
import type { Packages } from '../../src/model/packages.ts';

/** This package in another place, whose data a test may change. */
export interface PackageCopy {
  /** For `CliOptions.bin`. */
  readonly bin: string;
  readonly writeManifest: (manifest: Manifest) => Promise<void>;
  readonly writeRoster: (roster: Roster) => Promise<void>;
  readonly writePackages: (packages: Packages) => Promise<void>;
  readonly readManifest: (series: string) => Promise<string>;
}

/** Copies what is installed of this package into a directory: manifests and rosters are taken from beside `dist/`. */
export const copyPackage = async (directory: string): Promise<PackageCopy> => {
  await mkdir(join(directory, 'src'), { recursive: true });
  for (const name of ['bin', 'dist', 'recipes', 'patches', 'src/python', 'package.json']) {
    await cp(resolve(name), join(directory, name), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(directory, 'node_modules'));
  const write = (name: string, value: unknown): Promise<void> =>
    writeFile(join(directory, 'recipes', name), `${JSON.stringify(value, null, 2)}\n`);
  return {
    bin: join(directory, 'bin', 'cpython-awslc.js'),
    writeManifest: (manifest) => write(`manifests/${manifest.series}.json`, manifest),
    writeRoster: (roster) => write(`rosters/${roster.python}.json`, roster),
    writePackages: (packages) => write('packages.json', packages),
    readManifest: (series) => readFile(join(directory, 'recipes/manifests', `${series}.json`), 'utf8'),
  };
};
