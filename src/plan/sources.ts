import type { Action, Step } from '../model/plan.ts';
import type { Source } from '../model/source.ts';
import { makeStep } from './step.ts';

/** The steps that put a source tree into the store: fetch and unpack an archive, or adopt a tree that planning put there. */
export const planSource = (
  source: Source,
  subject: 'awslc' | 'cpython' | 'openssl' | 'sysroot',
  name: string,
): { readonly tree: Step; readonly steps: readonly Step[] } => {
  if (source.kind === 'tree') {
    const adopt: Action = {
      do: 'adopt',
      source: source.description,
      treeDigest: source.treeDigest,
      ...(source.commit === undefined ? {} : { commit: source.commit }),
    };
    const tree = makeStep({
      kind: 'unpack',
      subject,
      title: `take ${name} from ${source.description}`,
      inputs: {},
      actions: [adopt],
      alsoDependsOn: {},
    });
    return { tree, steps: [tree] };
  }
  const { archive } = source;
  const fetch = makeStep({
    kind: 'fetch',
    subject,
    title: `fetch ${name}`,
    inputs: {},
    actions: [{ do: 'fetch', archive }],
    alsoDependsOn: {},
  });
  const tree = makeStep({
    kind: 'unpack',
    subject,
    title: `unpack ${name}`,
    inputs: { archive: fetch },
    actions: [
      {
        do: 'unpack',
        archive: `{downloads}/${archive.sha256}`,
        format: archive.format,
        root: archive.root,
        into: '{tree}',
      },
    ],
    alsoDependsOn: {},
  });
  return { tree, steps: [fetch, tree] };
};
