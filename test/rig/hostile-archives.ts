/** One entry of a tar stream, as raw as it gets: nothing is checked or normalised. */
export interface RawEntry {
  readonly name: string;
  /** The type flag: `0` file, `1` hard link, `2` symlink, `3`/`4` device, `5` directory, `6` fifo, `x` extended header … */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  /** Seconds. */
  readonly mtime?: number;
  readonly link?: string;
  /** What the header says instead of the content's length. */
  readonly sizeBytes?: number;
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

const padding = (length: number): Buffer => Buffer.alloc((512 - (length % 512)) % 512);

/** The header and data blocks of one entry. */
export const packEntry = (entry: RawEntry): Buffer => {
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(512);
  header.write(entry.name, 0, 100, 'utf8');
  header.write(octal(entry.mode ?? (entry.type === '5' ? 0o755 : 0o644), 8), 100, 'latin1');
  header.write(octal(0, 8), 108, 'latin1');
  header.write(octal(0, 8), 116, 'latin1');
  header.write(octal(entry.sizeBytes ?? content.length, 12), 124, 'latin1');
  header.write(octal(entry.mtime ?? 1_700_000_000, 12), 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(entry.type ?? '0', 156, 'latin1');
  header.write(entry.link ?? '', 157, 100, 'utf8');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, content, padding(content.length)]);
};

/** A tar stream with its end mark. */
export const packTar = (entries: readonly RawEntry[]): Buffer =>
  Buffer.concat([...entries.map(packEntry), Buffer.alloc(1024)]);

/** A pax record, whose length counts itself. */
export const paxRecord = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  while (Buffer.byteLength(`${length}${rest}`) !== length) length += 1;
  return `${length}${rest}`;
};

const directory = (name: string): RawEntry => ({ name: `${name}/`, type: '5' });
const file = (name: string, content = 'harmless\n'): RawEntry => ({ name, content });
const symlink = (name: string, link: string): RawEntry => ({ name, type: '2', link });
const hardlink = (name: string, link: string): RawEntry => ({ name, type: '1', link });
const pax = (key: string, value: string): RawEntry => ({ name: 'pax', type: 'x', content: paxRecord(key, value) });

export interface HostileArchive {
  readonly title: string;
  readonly tar: Buffer;
  /** What the refusal must say. */
  readonly reason: RegExp;
  readonly limits?: { readonly entries?: number; readonly totalBytes?: number };
}

const hostile = (
  title: string,
  entries: readonly RawEntry[],
  reason: RegExp,
  limits?: HostileArchive['limits'],
): HostileArchive => ({
  title,
  // Something good comes first, so that there is something to take back.
  tar: packTar([directory('src'), file('src/first.c'), ...entries]),
  reason,
  ...(limits === undefined ? {} : { limits }),
});

/** Archives with root `src`, every one of which must be refused as a whole. */
export const hostileArchives: readonly HostileArchive[] = [
  hostile('an absolute path', [file('/tmp/evil')], /absolute path/),
  hostile('an absolute path in an extended header', [pax('path', '/tmp/evil'), file('src/x')], /absolute path/),
  hostile('a path that goes up', [file('src/../../evil')], /goes up/),
  hostile('a path that goes up and comes back', [file('src/a/../b')], /goes up/),
  hostile('a path that goes up, outside the root', [file('other/../../evil')], /goes up/),
  hostile('a symlink to an absolute path', [symlink('src/link', '/etc/passwd')], /symlink to an absolute path/),
  hostile('a symlink out of the tree', [symlink('src/link', '../../etc')], /leaves the tree/),
  hostile(
    'a symlink to a neighbour of the root',
    [file('other/x'), symlink('src/link', '../other/x')],
    /leaves the tree/,
  ),
  hostile('a symlink out of the archive, outside the root', [symlink('other/link', '../../etc')], /leaves the tree/),
  hostile(
    'symlinks that leave the tree only when followed',
    [directory('src/a'), symlink('src/a/up', '..'), symlink('src/out', 'a/up/../../etc')],
    /leaves the tree/,
  ),
  hostile('symlinks that never end', [symlink('src/a', 'b'), symlink('src/b', 'a')], /never ends/),
  hostile('a file written through a symlink', [symlink('src/dir', '.'), file('src/dir/evil')], /which is a symlink/),
  hostile('a symlink in the place of a directory', [file('src/dir/a'), symlink('src/dir', '.')], /second entry/),
  hostile('a file in the place of a symlink', [symlink('src/a', 'first.c'), file('src/a')], /second entry/),
  hostile('a hard link out of the tree', [hardlink('src/link', '../../etc/passwd')], /hard link to the path goes up/),
  hostile('a hard link to an absolute path', [hardlink('src/link', '/etc/passwd')], /hard link to an absolute path/),
  hostile('a hard link to a neighbour of the root', [file('other/x'), hardlink('src/l', 'other/x')], /leaves the tree/),
  hostile('a hard link to nothing', [hardlink('src/link', 'src/none')], /no file before it/),
  hostile('a hard link to a symlink', [symlink('src/s', 'first.c'), hardlink('src/h', 'src/s')], /no file before it/),
  hostile('a character device', [{ name: 'src/null', type: '3' }], /CharacterDevice/),
  hostile('a block device, outside the root', [{ name: 'other/disk', type: '4' }], /BlockDevice/),
  hostile('a fifo', [{ name: 'src/pipe', type: '6' }], /FIFO/),
  hostile('a sparse file', [{ name: 'src/sparse', type: 'S' }], /SparseFile/),
  hostile('an unknown type', [{ name: 'src/odd', type: 'Z' }], /type Unsupported/),
  hostile('a sparse file by extended header', [pax('GNU.sparse.major', '1'), file('src/x')], /sparse/),
  hostile('a second entry of a name', [file('src/a', '1'), file('src/a', '2')], /second entry/),
  hostile('a second entry of a name spelled otherwise', [file('src/a'), file('./src//a')], /second entry/),
  hostile('a file below a file', [file('src/first.c/x')], /below src\/first.c, which is a file/),
  hostile('names that differ only in case', [file('src/FIRST.c')], /only in case/),
  hostile('directories that differ only in case', [file('src/Lib/a'), file('src/lib/b')], /only in case/),
  hostile('names that differ only in accents', [file('src/\u00e9'), file('src/e\u0301')], /only in case or accents/),
  hostile('a setuid bit', [{ name: 'src/su', mode: 0o4755 }], /setuid/),
  hostile('a setgid bit on a directory', [{ name: 'src/d/', type: '5', mode: 0o2755 }], /setgid/),
  hostile('a sticky bit, outside the root', [{ name: 'other/d/', type: '5', mode: 0o1777 }], /sticky/),
  hostile('a newline in a name', [file('src/a\nb')], /control character/),
  hostile('an escape sequence in a name', [file('src/\x1b[2J')], /control character/),
  hostile('a newline in an extended header’s name', [pax('path', 'src/a\nb'), file('src/x')], /control character/),
  hostile('a NUL in an extended header’s name', [pax('path', 'src/a\0b'), file('src/x')], /control character/),
  hostile('a control character in a link target', [symlink('src/l', 'a\x07')], /control character in the link/),
  hostile(
    'a newline in a long name',
    [{ name: 'L', type: 'L', content: 'src/a\nb\0' }, file('src/x')],
    /control character/,
  ),
  hostile(
    'an extended header with a wrong length',
    [{ name: 'p', type: 'x', content: '99 path=src/y\n' }, file('src/x')],
    /damaged extended header/,
  ),
  hostile(
    'an extended header of megabytes',
    [{ name: 'p', type: 'x', content: Buffer.alloc(1 << 21, 'x') }, file('src/x')],
    /too long/,
  ),
  hostile(
    'a name of thousands of characters',
    [pax('path', `src/${'a/'.repeat(2000)}x`), file('src/x')],
    /more than 1024 characters/,
  ),
  hostile('an empty name', [pax('path', '.'), file('src/x')], /empty name/),
  hostile('too many entries', [file('src/1'), file('src/2'), file('src/3')], /more than 4 entries/, { entries: 4 }),
  hostile('too many implied directories', [file('src/a/b/c/d/e/f')], /more than 5 entries/, { entries: 5 }),
  hostile('too many bytes', [file('src/big', 'x'.repeat(4096))], /more than 4096 bytes/, { totalBytes: 4096 }),
  hostile('a size beyond all limits', [{ name: 'src/huge', sizeBytes: 0o77777777777 }], /more than \d+ bytes/),
  hostile(
    'hard links that multiply a file',
    [file('src/a', 'x'.repeat(3000)), hardlink('src/b', 'src/a'), hardlink('src/c', 'src/a')],
    /more than 9000 bytes/,
    { totalBytes: 9000 },
  ),
  { title: 'a root that is a file', tar: packTar([file('src')]), reason: /no directory/ },
  { title: 'an archive without the root', tar: packTar([file('other/x')]), reason: /no such directory/ },
  { title: 'an archive of nothing', tar: Buffer.alloc(10_240), reason: /damaged tar data|no such directory/ },
  { title: 'noise', tar: Buffer.alloc(4096, 'noise'), reason: /damaged tar data/ },
  {
    title: 'a stream that ends within a file',
    tar: packTar([directory('src'), file('src/a', 'x'.repeat(2000))]).subarray(0, 512 * 3),
    reason: /Truncated/,
  },
  {
    title: 'a stream that ends between entries',
    tar: packTar([directory('src'), file('src/a')]).subarray(0, 512 * 3),
    reason: /end of the archive is missing/,
  },
  {
    title: 'a header with a wrong checksum',
    tar: ((): Buffer => {
      const tar = packTar([directory('src'), file('src/a'), file('src/b')]);
      tar.write('X', 512 * 3);
      return tar;
    })(),
    reason: /checksum/,
  },
];
