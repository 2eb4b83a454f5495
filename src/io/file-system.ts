import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The file system of a path. */
export interface FileSystem {
  /** As the kernel names it: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
}

/** Types that other machines can have the same files of. */
const sharedTypes: ReadonlySet<string> = new Set([
  ...['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'afs', 'ceph', 'lustre', 'gpfs', 'beegfs', 'gfs2', 'ocfs2', 'glusterfs'],
  ...['orangefs', 'pvfs2', 'panfs', 'wekafs', '9p', 'virtiofs', 'vboxsf', 'acfs'],
]);
/** Types in user space that are of this machine; any other may be a network's. */
const localFuse = /^fuse\.(?:fuse-overlayfs|bindfs|mergerfs|encfs|gocryptfs|cryfs|lxcfs|portal|snapfuse|ntfs|exfat)/;

/** Whether several machines may have the same files: then a process id says nothing of who wrote them. */
export const isShared = ({ type }: FileSystem): boolean =>
  sharedTypes.has(type) || type === 'fuse' || (type.startsWith('fuse.') && !localFuse.test(type));

/** Why locks on a shared file system are this machine's only, as far as its mount tells; nothing otherwise. */
export const findLockLimit = ({ type, options }: FileSystem): string | undefined => {
  const has = (...names: readonly string[]): string | undefined => names.find((name) => options.includes(name));
  if (type.startsWith('nfs')) {
    const option = has('nolock', 'local_lock=all', 'local_lock=flock');
    return option === undefined ? undefined : `it is mounted with ${option}`;
  }
  if (type === 'cifs' || type === 'smb3') return has('nobrl') === undefined ? undefined : 'it is mounted with nobrl';
  if (type === 'lustre') return has('flock') === undefined ? 'it is mounted without flock' : undefined;
  if (type === 'fuse.sshfs' || type === 'vboxsf') return `${type} gives locks to one machine only`;
  return undefined;
};

const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

/** `36 35 98:0 / /mnt rw,noatime shared:1 - nfs4 host:/x rw,vers=4.2`: proc(5). */
const parseMount = (line: string): FileSystem | undefined => {
  const [before, after] = line.split(' - ');
  const [, , , , mountPoint, options] = (before ?? '').split(' ');
  const [type, , more] = (after ?? '').split(' ');
  if (mountPoint === undefined || options === undefined || type === undefined) return undefined;
  return { type, mountPoint: unescape(mountPoint), options: [...options.split(','), ...(more ?? '').split(',')] };
};

/** The nearest directory of a path that is there, without links. */
const nearest = async (path: string): Promise<string> => {
  for (let at = path; ; at = dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined || at === dirname(at)) return real ?? at;
  }
};

/** Which file system a path is on, or would be made on; nothing where the system does not tell. `root`: where /proc is. */
export const findFileSystem = async (path: string, root = '/'): Promise<FileSystem | undefined> => {
  const text = await readFile(join(root, 'proc/self/mountinfo'), 'utf8').catch(() => '');
  const place = await nearest(path);
  const holds = ({ mountPoint }: FileSystem): boolean =>
    mountPoint === '/' || place === mountPoint || place.startsWith(`${mountPoint}/`);
  return text
    .split('\n')
    .flatMap((line) => parseMount(line) ?? [])
    .filter(holds)
    .reduce<FileSystem | undefined>(
      // Of two at one place the later lies on top.
      (best, one) => (best === undefined || one.mountPoint.length >= best.mountPoint.length ? one : best),
      undefined,
    );
};
