import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodeUnits } from '../model/json.ts';

/** The existing paths that an absolute pattern names, sorted: `*` stands for any text within one name. */
export const expandPattern = async (pattern: string): Promise<readonly string[]> => {
  let paths = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    if (!part.includes('*')) {
      paths = paths.map((path) => join(path, part));
      continue;
    }
    const shape = new RegExp(`^${part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    const next: string[] = [];
    for (const path of paths) {
      const names = await readdir(path).catch(() => []);
      for (const name of names) if (shape.test(name)) next.push(join(path, name));
    }
    paths = next;
  }
  const existing: string[] = [];
  for (const path of paths) {
    const there = await lstat(path).then(
      () => true,
      () => false,
    );
    if (there) existing.push(path);
  }
  return existing.sort(compareCodeUnits);
};
