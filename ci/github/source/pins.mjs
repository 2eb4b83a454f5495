// Actions of others, each by the commit that a version's tag named when it was looked up (2026-11-28, in public workflows and in
// the lock file of GitHub's own gh-aw). A tag can be moved, a commit cannot.
import { commented } from './yaml.mjs';

const pins = {
  'actions/checkout': { commit: '3d3c42e5aac5ba805825da76410c181273ba90b1', version: 'v7.0.1' },
  'actions/setup-node': { commit: '820762786026740c76f36085b0efc47a31fe5020', version: 'v7.0.0' },
  'actions/cache': { commit: '55cc8345863c7cc4c66a329aec7e433d2d1c52a9', version: 'v6.1.0' },
  'actions/upload-artifact': { commit: '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', version: 'v7.0.1' },
  'actions/download-artifact': { commit: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', version: 'v8.0.1' },
};

/** A `uses` of an action, or of a part of one (`restore` of actions/cache), with the version behind it. */
export const pinned = (name, part = '') => {
  const { commit, version } = pins[name];
  return commented(`${name}${part === '' ? '' : `/${part}`}@${commit}`, version);
};
