import { describe, expect, it } from 'vitest';
import { formatSlurmScript } from '../../../src/report/slurm-script.ts';
import type { SlurmMatrix } from '../../../src/model/slurm.ts';

const matrix: SlurmMatrix = {
  version: 1,
  kind: 'slurm-matrix',
  id: 'm',
  tool: '1.0.0',
  createdAt: '2026-01-01T00:00:00.000Z',
  command: ['/opt/node', '/opt/cli.js'],
  selection: ['--cipher-string', "A:!B'$(rm)"],
  stage: 'test',
  failFast: false,
  options: { args: [] },
  asked: ['a', 'b'],
  tasks: [
    { index: 0, kind: 'core', title: 'core', cells: ['a', 'b'], after: null, feature: null },
    { index: 1, kind: 'cell', title: 'a', cells: ['a'], after: 0, feature: null },
    { index: 2, kind: 'cell', title: 'b', cells: ['b'], after: 0, feature: null },
  ],
  refused: [],
  submissions: [],
};

describe('the script of a job array', () => {
  it('has a line for each index, quotes what a shell would read, and leaves the exit last', () => {
    expect(formatSlurmScript(matrix, { name: 'awslc-m-1', tasks: [1, 2], job: null }, '/store/m'))
      .toMatchInlineSnapshot(`
      "#!/bin/sh
      # awslc-m-1: made by cpython-awslc 1.0.0. Slurm runs it once for each index of the array.
      set -u
      umask 022
      case "\${SLURM_ARRAY_TASK_ID:?}" in
      0) TASK=1; set -- --cell a --up-to test ;;
      1) TASK=2; set -- --cell b --up-to test ;;
      *) echo "cpython-awslc: the array has no task $SLURM_ARRAY_TASK_ID" >&2; exit 70 ;;
      esac
      NODE=/opt/node
      CLI=/opt/cli.js
      OUTPUT=/store/m/tasks/$TASK
      for FILE in "$NODE" "$CLI"; do
        [ -f "$FILE" ] && continue
        echo "cpython-awslc: \${SLURMD_NODENAME:-this node} has no $FILE: Node and cpython-awslc must have the same paths on every node" >&2
        exit 127
      done
      if [ ! -d "$OUTPUT" ]; then
        echo "cpython-awslc: \${SLURMD_NODENAME:-this node} does not see $OUTPUT: the store must be on a file system that all nodes share" >&2
        exit 127
      fi
      rm -f "$OUTPUT/exit"
      # What asks us to end asks the command too, which ends what it started; this shell waits for it.
      trap : TERM INT HUP
      "$NODE" "$CLI" matrix --cipher-string 'A:!B'\\''$(rm)' "$@" --jobs "\${SLURM_CPUS_PER_TASK:-\${SLURM_CPUS_ON_NODE:-1}}" --output "$OUTPUT" --json >"$OUTPUT/document.json.part"
      CODE=$?
      mv -f "$OUTPUT/document.json.part" "$OUTPUT/document.json"
      if [ "$CODE" -lt 128 ]; then
        echo "$CODE" >"$OUTPUT/exit.part" && mv -f "$OUTPUT/exit.part" "$OUTPUT/exit"
      fi
      exit "$CODE"
      "
    `);
    const core = formatSlurmScript(matrix, { name: 'awslc-m-0', tasks: [0], job: null }, '/store/m');
    expect(core).toContain('0) TASK=0; set -- --cell a --cell b --up-to core --partial ;;');
  });
});
