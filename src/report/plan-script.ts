import type { Action, Plan, Step } from '../model/plan.ts';
import { unreachable } from '../model/result.ts';

/** A file of this tool that a script must carry with it. */
export interface AssetText {
  readonly name: string;
  readonly text: string;
}

/** Text with places, as one word of sh: literal parts escaped, places as variables, `*` left to the shell where it is a pattern. */
const makeWord =
  (plan: Plan, step: Step) =>
  (text: string, pattern: 'pattern' | 'literal' = 'literal'): string => {
    const place = (name: string): string => {
      if (name === 'work') return `$ROOT/work/${step.workKey.slice(0, 12)}`;
      if (name === 'kept') return `$ROOT/work/${step.workKey.slice(0, 12)}/kept`;
      if (name === 'tree') return `$ROOT/${step.id}`;
      if (name === 'downloads') return '$ROOT/downloads';
      if (name === 'tool') return '$ROOT/tool';
      if (name === 'jobs') return '$JOBS';
      if (name === 'path') return '$PATH';
      const input = step.inputs[name];
      if (input === undefined) throw new Error(`step ${step.id} has no place {${name}}`);
      return `$ROOT/${input}`;
    };
    const quoted = text
      .split(/(\{[a-z]+\})/)
      .map((part) =>
        /^\{[a-z]+\}$/.test(part)
          ? place(part.slice(1, -1))
          : part.replace(/["\\$`]/g, (character) => `\\${character}`),
      )
      .join('');
    const word = `"${quoted}"`;
    return pattern === 'pattern' ? word.replaceAll('*', '"*"').replace(/""/g, '') : word;
  };

const heredoc = (text: string): string => {
  let mark = 'END_OF_FILE';
  while (text.includes(mark)) mark += '_';
  return `<<'${mark}'\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${mark}`;
};

const comment = (text: string | undefined): readonly string[] => (text === undefined ? [] : [`# ${text}`]);

const fetchLines = (action: Extract<Action, { do: 'fetch' }>): readonly string[] => {
  const { archive } = action;
  const attempts = archive.origins.map((origin) => {
    switch (origin.kind) {
      case 'https':
        return `fetch_https '${archive.sha256}' '${origin.url}'`;
      case 'debian':
        return `fetch_debian '${archive.sha256}' '${origin.path}'`;
      case 'crate':
        return `fetch_crate '${archive.sha256}' '${origin.name}' '${origin.version}'`;
      case 'git':
      case 'path':
        return 'false';
      default:
        return unreachable(origin);
    }
  });
  return [
    `# ${archive.file}, sha256 ${archive.sha256}, ${archive.sizeBytes} bytes: the first origin that answers`,
    `[ -f "$ROOT/downloads/${archive.sha256}" ] || ${attempts.join(' || ')} || { echo 'no origin gave ${archive.file}' >&2; exit 1; }`,
    `echo '${archive.sha256}  '"$ROOT/downloads/${archive.sha256}" | sha256sum -c -`,
  ];
};

/** By hand pip has the caller's own settings: nothing of the plan's environment is for it. */
const wheelLines = (
  action: Extract<Action, { do: 'fetch-wheels' }>,
  word: (text: string) => string,
): readonly string[] => [
  ...comment(action.why),
  'mkdir -p "$ROOT/work/wheels"',
  ...action.wheels.flatMap(({ name, version, file, sha256 }) => [
    `[ -f "$ROOT/downloads/${sha256}" ] || { echo '${name}==${version} --hash=sha256:${sha256}' > "$ROOT/work/wheels/wanted.txt" && ${word(action.python)} -I -m pip download -q --no-deps --only-binary :all: --require-hashes -r "$ROOT/work/wheels/wanted.txt" -d "$ROOT/work/wheels" && keep '${sha256}' "$ROOT/work/wheels/${file}"; }`,
  ]),
];

/** A text as a pattern of `grep -E`, which finds a name as a whole only: `X509_OBJECT_new(` is not in `sk_X509_OBJECT_new(`. */
const wholeName = (text: string): string =>
  `${/^\w/.test(text) ? '(^|[^[:alnum:]_])' : ''}${text.replace(/[.[\](){}*+?^$|\\]/g, '\\$&')}`;

const actionLines = (plan: Plan, step: Step, action: Action): readonly string[] => {
  const word = makeWord(plan, step);
  switch (action.do) {
    case 'fetch':
      return fetchLines(action);
    case 'fetch-wheels':
      return wheelLines(action, word);
    case 'unpack':
      return [
        `tar -xf ${word(action.archive)} -C ${word(action.into)} --no-same-owner --strip-components=${action.root.split('/').length} '${action.root}'`,
      ];
    case 'adopt':
      return [
        `# ${action.source}${action.commit === undefined ? '' : `, commit ${action.commit}`}: content digest ${action.treeDigest}`,
        `: "\${${step.subject.toUpperCase()}_SOURCE:?set it to the directory that holds ${action.source === 'a directory' ? `the source of content ${action.treeDigest.slice(0, 12)}` : `that commit`}}"`,
        `cp -a "$${step.subject.toUpperCase()}_SOURCE/." ${word('{tree}/')}`,
      ];
    case 'exec': {
      const variables = Object.entries({ ...plan.environment, ...action.env })
        .map(([name, value]) => `${name}=${word(value)}`)
        .join(' ');
      const command = action.argv.map((argument) => word(argument)).join(' ');
      return [
        ...comment(action.why),
        `( cd ${word(action.cwd)} && env -i ${variables} \\\n  ${command}${action.stdout === undefined ? '' : ` > ${word(action.stdout)}`} )`,
      ];
    }
    case 'write':
      return [
        ...comment(action.why),
        `mkdir -p "$(dirname ${word(action.path)})"`,
        `cat > ${word(action.path)} ${heredoc(action.text)}`,
      ];
    case 'copy':
    case 'copy-linked':
      return [
        ...comment(action.why),
        `copy ${action.do === 'copy' ? '-a' : '-al'} ${word(action.to)} ${word(action.from, 'pattern')}`,
      ];
    case 'synchronize':
      // By hand there is no build tree of before.
      return [...comment(action.why), `rm -rf ${word(action.to)}`, `copy -a ${word(action.to)} ${word(action.from)}`];
    case 'symlink':
      return [`ln -s ${word(action.target)} ${word(action.path)}`];
    case 'remove':
      return [...comment(action.why), `rm ${action.files.map((file) => word(file, 'pattern')).join(' ')}`];
    case 'substitute':
      return [
        ...comment(action.why),
        ...action.replace.map(
          ({ from, to }) =>
            `substitute ${word(from)} ${word(to)} ${action.files.map((file) => word(file, 'pattern')).join(' ')}`,
        ),
      ];
    case 'require-text':
      return [
        ...comment(action.why),
        ...action.present.map((text) => `require ${word(action.file)} '${wholeName(text)}'`),
        ...action.absent.map((text) => `forbid ${word(action.file)} '${wholeName(text)}'`),
      ];
    case 'compile-cache':
    case 'known-answers':
      // They save time and change nothing: a script to read does without.
      return [];
    default:
      return unreachable(action);
  }
};

const preamble = (plan: Plan): string => `#!/bin/sh
# What cpython-awslc would do for recipe ${plan.recipe}, as a script to read and to run by hand.
# Usage: sh SCRIPT [DIRECTORY]     (default: ./cpython-awslc-by-hand)
# TEST=no leaves the suites out; TWIN=yes builds the twin on OpenSSL too. Needs what \`cpython-awslc doctor\` names; sources come from the first origin that answers.
set -eu
umask 022
ROOT=\${1:-./cpython-awslc-by-hand}
mkdir -p "$ROOT/downloads" "$ROOT/work" "$ROOT/tool"
ROOT=$(cd "$ROOT" && pwd)
if [ -n "$(printf %s "$ROOT" | LC_ALL=C tr -d 'A-Za-z0-9/._+@~-')" ]; then
  echo "make and compiler flags do not carry the path $ROOT: choose one of ASCII letters and digits" >&2; exit 2
fi
JOBS=\${JOBS:-$(nproc)}

# keep DIGEST FILE: takes a download if its sha256 is right
keep() {
  if [ "$(sha256sum "$2" | cut -d' ' -f1)" = "$1" ]; then mv "$2" "$ROOT/downloads/$1"
  else echo "wrong digest: $2" >&2; exit 4; fi
}
fetch_https() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 10 -o "$ROOT/downloads/part" "$2" || return 1
  elif command -v wget >/dev/null; then wget -q -T 10 -t 1 -O "$ROOT/downloads/part" "$2" || return 1
  else return 1; fi
  keep "$1" "$ROOT/downloads/part"
}
fetch_debian() {
  command -v apt-get >/dev/null || return 1
  for uri in $(apt-get indextargets --format '$(REPO_URI)' | sort -u); do
    if /usr/lib/apt/apt-helper download-file "$uri$2" "$ROOT/downloads/part" "SHA256:$1"; then
      keep "$1" "$ROOT/downloads/part"; return 0
    fi
  done
  return 1
}
fetch_crate() {
  # Any cargo that works, with the rustc beside it: the first may be rustup's without a toolchain, or too old for \`cargo info\`.
  for cargo in cargo "\${CARGO_HOME:-$HOME/.cargo}/bin/cargo" /usr/local/bin/cargo /usr/bin/cargo; do
    command -v "$cargo" >/dev/null && ( cd "$ROOT/work" && PATH=$(dirname "$(command -v "$cargo")"):$PATH && "$cargo" info "$2@$3" >/dev/null 2>&1 ) || continue
    for crate in "\${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"$2-$3.crate"; do
      [ -f "$crate" ] || continue
      cp "$crate" "$ROOT/downloads/part"; keep "$1" "$ROOT/downloads/part"; return 0
    done
  done
  return 1
}
copy() {
  how=$1; to=$2; shift 2
  case $to in */) mkdir -p "$to" ;; *) mkdir -p "$(dirname "$to")" ;; esac
  cp "$how" "$@" "$to"
}
# substitute FROM TO FILE...: exact text, in place
substitute() {
  from=$(printf '%s' "$1" | sed 's/[][\\.*^$|]/\\\\&/g'); to=$(printf '%s' "$2" | sed 's/[&\\|]/\\\\&/g'); shift 2
  for file in "$@"; do sed "s|$from|$to|g" "$file" > "$file.new"; chmod --reference="$file" "$file.new"; mv "$file.new" "$file"; done
}
require() { grep -qE -- "$2" "$1" || { echo "$1 lacks $2" >&2; exit 5; }; }
forbid() { if grep -qE -- "$2" "$1"; then echo "$1 has $2" >&2; exit 5; fi; }
`;

/**
 * A plan as an sh script that a person or an auditor can read, and run by hand: the same commands, environment and
 * digests. It holds no path of this machine and no mirror's host: apt and cargo are asked where their sources are.
 */
export const formatPlanScript = (plan: Plan, assets: readonly AssetText[]): string => {
  const carry = assets.map(({ name, text }) => {
    const path = `"$ROOT/tool/${name}"`;
    return `mkdir -p "$(dirname ${path})"\ncat > ${path} ${heredoc(text)}\n`;
  });
  const steps = plan.steps.map((step) => {
    const work = `"$ROOT/work/${step.workKey.slice(0, 12)}"`;
    const body = [
      `rm -rf ${work} "$ROOT/${step.id}"; mkdir -p ${work}/tmp "$ROOT/${step.id}"`,
      ...step.flags.map(({ flag, reason }) => `#   ${flag}\n#     ${reason}`),
      ...step.actions.flatMap((action) => actionLines(plan, step, action)),
    ].join('\n');
    const heading = `\n# ---- ${step.title} (${step.id})\n# fingerprint ${step.fingerprint}\necho '== ${step.title.replaceAll("'", '')}' >&2\n`;
    const conditions = [
      ...(step.subject === 'twin' || step.subject === 'openssl' ? ['[ "${TWIN:-no}" = yes ]'] : []),
      ...(step.kind === 'test' || (step.kind === 'fetch' && step.subject === 'packages')
        ? ['[ "${TEST:-yes}" = yes ]']
        : []),
    ];
    return conditions.length === 0
      ? `${heading}${body}\n`
      : `if ${conditions.join(' && ')}; then${heading}${body}\nfi\n`;
  });
  const ends = plan.cells.map(
    ({ id, steps: of }) =>
      `echo '${id}:' >&2\necho "  python: $ROOT/${of['install-cell'] ?? ''}/opt/cpython-awslc/bin/python3" >&2\necho "  proof:  $ROOT/${of['prove-cell'] ?? ''}/proof.json" >&2\n`,
  );
  return [preamble(plan), '\n# Files that run inside the built Python\n', ...carry, ...steps, '\n', ...ends].join('');
};
