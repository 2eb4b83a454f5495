import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandContext } from '../../src/commands/context.ts';
import type { DoctorSetting } from '../../src/commands/doctor-facts.ts';
import { readToolchainKnowledge } from '../../src/io/host-knowledge.ts';
import type { ToolchainKnowledge } from '../../src/model/knowledge.ts';
import { fakePrograms, type FakePrograms } from './fake-programs.ts';

/** Version lines as Debian 12 prints them. */
export const debianTools: Readonly<Record<string, string>> = {
  gcc: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0',
  'g++': 'g++ (Debian 12.2.0-14+deb12u1) 12.2.0',
  as: 'GNU assembler (GNU Binutils for Debian) 2.40',
  ld: 'GNU ld (GNU Binutils for Debian) 2.40',
  ar: 'GNU ar (GNU Binutils for Debian) 2.40',
  readelf: 'GNU readelf (GNU Binutils for Debian) 2.40',
  nm: 'GNU nm (GNU Binutils for Debian) 2.40',
  objdump: 'GNU objdump (GNU Binutils for Debian) 2.40',
  make: 'GNU Make 4.3',
  cmake: 'cmake version 3.25.1',
  ninja: '1.11.1',
  'pkg-config': '1.8.1',
  xz: 'xz (XZ Utils) 5.4.1',
  flock: 'flock from util-linux 2.38.1',
  patch: 'GNU patch 2.7.6',
  ccache: 'ccache version 4.7.5',
  git: 'git version 2.39.5',
  cargo: 'cargo 1.95.0 (f2d3ce0bd 2026-03-21)',
  go: 'go version go1.19.8 linux/amd64',
  perl: '\nThis is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64-linux-gnu',
};

/** A machine made of files and fake programs. */
export interface FakeMachine {
  readonly directory: string;
  readonly root: string;
  readonly fakes: FakePrograms;
  readonly knowledge: ToolchainKnowledge;
  readonly context: CommandContext;
  readonly setting: DoctorSetting;
  /** What the command wrote so far. */
  readonly written: { out: string; err: string };
  /** Lines of shell that put a tool on the fake PATH: for what a fake package manager installs. */
  readonly toolScript: (name: string, versionLine: string) => string;
  /** Lines of shell that let the fake compiler find a library's headers. */
  readonly headerScript: (library: string) => string;
  readonly writeRoot: (path: string, text: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/**
 * Makes a Debian 12 on which everything is installed and nothing is asked of a network. A test takes away what it wants
 * missing. The package programs are fakes from the start: no test ever reaches the real ones.
 */
export const fakeMachine = async (
  options: {
    readonly userId?: number;
    readonly canAsk?: boolean;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<FakeMachine> => {
  const directory = await mkdtemp(join(tmpdir(), 'fake-machine-'));
  const root = join(directory, 'root');
  const headers = join(directory, 'headers');
  const read = await readToolchainKnowledge();
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const knowledge: ToolchainKnowledge = {
    ...read.value,
    origins: [
      { subject: 'CPython', kind: 'debian' },
      { subject: 'AWS-LC', kind: 'crate' },
    ],
  };
  const writeRoot = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await writeRoot('etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n');
  await writeRoot('var/lib/apt/lists/mirror_dists_bookworm_main_binary-amd64_Packages.lz4', '');
  await writeRoot('etc/ssl/certs/ca-certificates.crt', '');
  await writeRoot('usr/share/zoneinfo/UTC', '');
  await writeRoot('etc/services', 'http 80/tcp\n');
  await writeRoot('proc/cpuinfo', 'processor: 0\nmodel name\t: Fake CPU\nflags\t\t: aes pclmulqdq avx2\n');
  await mkdir(headers);
  for (const library of knowledge.libraries) await writeFile(join(headers, library.name), '');
  const packages = join(directory, 'unavailable');
  await writeFile(packages, 'libmpdec-dev\n');
  const fakes = await fakePrograms(directory, {
    ...Object.fromEntries(Object.entries(debianTools).map(([name, line]) => [name, { stdout: `${line}\n` }])),
    cc: [
      { args: '--version', stdout: 'cc (Debian 12.2.0-14+deb12u1) 12.2.0\n' },
      { args: '-E *', script: `cat >/dev/null; for h in '${headers}'/*; do echo "found:\${h##*/}:"; done` },
    ],
    ldd: { stdout: 'ldd (Debian GLIBC 2.36-9+deb12u14) 2.36\n' },
    locale: { stdout: 'C\nC.utf8\nPOSIX\n' },
    'dpkg-query': { script: 'shift 3; for p; do printf "%s\\t1.0-1\\tinstalled\\n" "$p"; done' },
    'apt-cache': {
      script: `shift; for p; do if ! grep -qx "$p" '${packages}'; then printf '%s:\\n  Installed: (none)\\n  Candidate: 2:9.9-1\\n' "$p"; fi; done`,
    },
    'apt-get': [{ args: 'indextargets *', stdout: 'repository\n' }, { exitCode: 0 }],
    sudo: { script: 'while [ "$1" = -n ]; do shift; done; exec "$@"' },
  });
  const written = { out: '', err: '' };
  const context: CommandContext = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: { PATH: fakes.path, HOME: directory, ...options.env },
    cwd: directory,
    signal: new AbortController().signal,
    passSignals: () => undefined,
    terminal: { canAsk: options.canAsk ?? false, canDraw: false, color: false },
  };
  return {
    directory,
    root,
    fakes,
    knowledge,
    context,
    setting: { knowledge, root, userId: options.userId ?? 0, nowMs: Date.UTC(2026, 11, 1) },
    written,
    toolScript: (name, line) =>
      `printf '#!/bin/sh\\necho "${line}"\\n' >'${fakes.path}/${name}'; chmod +x '${fakes.path}/${name}'`,
    headerScript: (library) => `: >'${headers}/${library}'`,
    writeRoot,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
