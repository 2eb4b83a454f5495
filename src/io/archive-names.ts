/** What the rules for names need of an archive's entry. */
export interface NamedEntry {
  /** As the archive spells it. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** Target of a link, as the archive spells it. */
  readonly linkPath?: string;
}

/** The whole tree of an archive by name, as far as it has been read. */
export interface NameLedger {
  /** Records an entry; a name without `.` parts (`''` for the archive's top), or why it is refused. */
  readonly enter: (entry: NamedEntry) => { readonly name: string } | { readonly refusal: string };
  /** Checks every symlink against the complete tree; the first that is refused. */
  readonly checkLinks: (root: string) => { readonly entry: string; readonly refusal: string } | undefined;
  readonly isDirectory: (name: string) => boolean;
  /** Names known so far, directories that no entry names included. */
  readonly count: () => number;
}

/** Symlinks in a row before a chain counts as endless; Linux gives up at 40 as well. */
const maxLinkSteps = 40;

/** Longest name; real trees stay below 200. It bounds what a deep name costs to remember. */
const maxNameLength = 1024;

/** Whether a text has characters that no file name of a source tree needs and that can fool a terminal or a parser. */
export const hasControlCharacters = (text: string): boolean =>
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f]/.test(text);

/** Whether a name lies at or below a folder (`''` is the top, above everything). */
export const isWithin = (name: string, folder: string): boolean =>
  folder === '' || name === folder || name.startsWith(`${folder}/`);

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

/** A relative path without `.` and empty parts, or why it cannot be one. */
const normalizeName = (path: string): { name: string } | { refusal: string } => {
  if (path.startsWith('/')) return { refusal: 'an absolute path' };
  if (hasControlCharacters(path)) return { refusal: 'a control character in the name' };
  if (path.length > maxNameLength) return { refusal: `a name of more than ${maxNameLength} characters` };
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return { refusal: 'the path goes up (..)' };
  return { name: parts.join('/') };
};

/** The same for names that differ only in case or in how their accents are written. */
const foldCase = (name: string): string => name.normalize('NFC').toLowerCase().normalize('NFC');

/** Starts an empty ledger. Its rules hold for every entry, wanted or not. */
export const makeNameLedger = (): NameLedger => {
  const kinds = new Map<string, NamedEntry['kind'] | 'implied'>([['', 'implied']]);
  const links = new Map<string, string>();
  const spellings = new Map<string, string>();

  const place = (name: string, kind: NamedEntry['kind'] | 'implied'): string | undefined => {
    const known = kinds.get(name);
    if (known !== undefined) {
      const isDirectory = kind === 'implied' || kind === 'directory';
      const wasDirectory = known === 'implied' || known === 'directory';
      if (isDirectory && wasDirectory) {
        if (kind === 'directory' && known === 'directory') return 'a second entry of this name';
        if (kind === 'directory') kinds.set(name, kind);
        return undefined;
      }
      if (kind === 'implied') return `below ${name}, which is a ${known}`;
      return 'a second entry of this name';
    }
    const folded = foldCase(name);
    const other = spellings.get(folded);
    if (other !== undefined) return `differs from ${other} only in case or accents`;
    spellings.set(folded, name);
    kinds.set(name, kind);
    return undefined;
  };

  const enter: NameLedger['enter'] = (entry) => {
    const normalized = normalizeName(entry.path);
    if ('refusal' in normalized) return normalized;
    const { name } = normalized;
    if (name === '' && entry.kind !== 'directory') return { refusal: 'an empty name' };
    const parts = name.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const refusal = place(parts.slice(0, depth).join('/'), 'implied');
      if (refusal !== undefined) return { refusal };
    }
    const refusal = place(name, entry.kind);
    if (refusal !== undefined) return { refusal };
    if (entry.kind === 'hardlink') {
      const target = normalizeName(entry.linkPath ?? '');
      if ('refusal' in target) return { refusal: `a hard link to ${target.refusal}` };
      const targetKind = kinds.get(target.name);
      if (target.name === name || (targetKind !== 'file' && targetKind !== 'hardlink')) {
        return { refusal: 'a hard link to something that is no file before it in the archive' };
      }
    }
    if (entry.kind === 'symlink') {
      const target = entry.linkPath ?? '';
      if (target.startsWith('/')) return { refusal: 'a symlink to an absolute path' };
      if (hasControlCharacters(target)) return { refusal: 'a control character in the link target' };
      links.set(name, target);
    }
    return { name };
  };

  /** Walks a link's target part by part through the recorded tree, following links as a file system would. */
  const findEscape = (name: string, target: string, top: string): string | undefined => {
    let here = parentOf(name);
    const pending = target.split('/').reverse();
    let steps = 0;
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (here === top) return 'a symlink that leaves the tree';
        here = parentOf(here);
        continue;
      }
      const next = here === '' ? part : `${here}/${part}`;
      const onward = links.get(next);
      if (onward === undefined) {
        here = next;
        continue;
      }
      steps += 1;
      if (steps > maxLinkSteps) return 'a symlink that never ends';
      pending.push(...onward.split('/').reverse());
    }
    return isWithin(here, top) ? undefined : 'a symlink that leaves the tree';
  };

  return {
    enter,
    checkLinks: (root) => {
      for (const [name, target] of links) {
        const refusal = findEscape(name, target, isWithin(name, root) ? root : '');
        if (refusal !== undefined) return { entry: name, refusal };
      }
      return undefined;
    },
    isDirectory: (name) => kinds.get(name) === 'directory' || kinds.get(name) === 'implied',
    count: () => kinds.size,
  };
};
