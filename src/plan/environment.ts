/** Where every build is installed to, through DESTDIR: the same on all machines, so that equal inputs give equal bytes. */
export const internalPrefix = '/opt/cpython-awslc';

/**
 * The whole environment of every program that a build starts. Nothing else of the caller's gets in: a stray CFLAGS,
 * LD_PRELOAD, PYTHONPATH or OPENSSL_CONF would change what is built without anyone seeing it.
 */
export const buildEnvironment: Readonly<Record<string, string>> = {
  // The caller's PATH (absolute directories only): tools are told apart by their version lines, which fingerprints hold.
  PATH: '{path}',
  HOME: '{work}',
  TMPDIR: '{work}/tmp',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  // 2 January 1980: what __DATE__, archive members and hash-based .pyc files may say. Not 0: zip cannot hold it.
  SOURCE_DATE_EPOCH: '315619200',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONHASHSEED: '0',
};

/**
 * A compiler of the caller's that is ccache already must not give what it has: a FIPS module is always compiled. It goes with the
 * environment, and into no fingerprint, since it changes nothing; the action `compile-cache` takes it away.
 */
export const withoutCompileCache = { CCACHE_DISABLE: '1' } as const;

/** Of those, what a plain run of the suites does not have: they would change what some tests see. */
export const buildOnlyVariables = ['PYTHONDONTWRITEBYTECODE', 'PYTHONHASHSEED', 'SOURCE_DATE_EPOCH'] as const;
