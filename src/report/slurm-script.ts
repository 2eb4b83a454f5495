import type { SlurmMatrix, Submission } from '../model/slurm.ts';
import { quoteWord } from './text.ts';

/** What one task adds to the selection: a core is brought about for all of its cells, where a node has not all of them. */
const taskWords = (matrix: SlurmMatrix, index: number): readonly string[] => {
  const task = matrix.tasks[index];
  if (task === undefined) throw new Error(`matrix ${matrix.id} has no task ${index}`);
  return [
    ...task.cells.flatMap((cell) => ['--cell', cell]),
    ...(task.kind === 'core' ? ['--up-to', 'core', '--partial'] : ['--up-to', matrix.stage]),
  ];
};

/**
 * The script of a job array, as sbatch takes it: a task is this same command line, by absolute paths. It leaves `exit` in the
 * task's directory, last and at once, when the command came to its own end; what was interrupted or killed leaves none.
 */
export const formatSlurmScript = (matrix: SlurmMatrix, submission: Submission, directory: string): string => {
  const [node = '', cli = ''] = matrix.command;
  const quote = (words: readonly string[]): string => words.map(quoteWord).join(' ');
  return `#!/bin/sh
# ${submission.name}: made by cpython-awslc ${matrix.tool}. Slurm runs it once for each index of the array.
set -u
umask 022
case "\${SLURM_ARRAY_TASK_ID:?}" in
${submission.tasks
  .map((index, position) => `${position}) TASK=${index}; set -- ${quote(taskWords(matrix, index))} ;;`)
  .join('\n')}
*) echo "cpython-awslc: the array has no task $SLURM_ARRAY_TASK_ID" >&2; exit 70 ;;
esac
NODE=${quoteWord(node)}
CLI=${quoteWord(cli)}
OUTPUT=${quoteWord(`${directory}/tasks`)}/$TASK
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
"$NODE" "$CLI" matrix ${quote(matrix.selection)} "$@" --jobs "\${SLURM_CPUS_PER_TASK:-\${SLURM_CPUS_ON_NODE:-1}}" --output "$OUTPUT" --json >"$OUTPUT/document.json.part"
CODE=$?
mv -f "$OUTPUT/document.json.part" "$OUTPUT/document.json"
if [ "$CODE" -lt 128 ]; then
  echo "$CODE" >"$OUTPUT/exit.part" && mv -f "$OUTPUT/exit.part" "$OUTPUT/exit"
fi
exit "$CODE"
`;
};
