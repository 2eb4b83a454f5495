import type { CallerEnvironment } from '../download-transport.ts';

/**
 * What apt, cargo and git may know of the caller: where their settings lie and how to get out of this network. Git's
 * variables that point at another repository or replace its programs are not among them.
 */
const passed =
  /^(?:HOME|PATH|USER|LOGNAME|XDG_CONFIG_HOME|TMPDIR|(?:https?|all|no|ftp)_proxy|(?:HTTPS?|ALL|NO|FTP)_PROXY|CARGO_.*|RUSTUP_.*|SSL_CERT_(?:FILE|DIR)|APT_CONFIG|SSH_AUTH_SOCK|GIT_(?:SSL_.*|SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|PROXY_.*|HTTP_.*|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|ALLOW_PROTOCOL))$/;

/** The scrubbed environment of a program that an origin asks: nothing of LD_*, PYTHON*, CFLAGS or the caller's language. */
export const makeOriginEnvironment = (caller: CallerEnvironment): Record<string, string> => {
  const kept = Object.entries(caller).flatMap(([name, value]): [string, string][] =>
    value !== undefined && passed.test(name) ? [[name, value]] : [],
  );
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(kept),
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    // Nobody is there to answer.
    GIT_TERMINAL_PROMPT: '0',
    DEBIAN_FRONTEND: 'noninteractive',
  };
};
