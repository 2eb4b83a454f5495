import { packagesName } from '../model/packages.ts';
import type { Preset } from '../model/recipe.ts';

/** The test files of each preset; none named means every file that `python -m test` would run. */
export const presetFiles: Readonly<Record<Preset, readonly string[]>> = {
  quick: ['test_hashlib', 'test_hmac', 'test_ssl'],
  // What AWS-LC's own CI runs for CPython: everything that touches ssl and hashlib.
  crypto: [
    'test_asyncio',
    'test_audit',
    'test_ftplib',
    'test_hashlib',
    'test_hmac',
    'test_httplib',
    'test_imaplib',
    'test_logging',
    'test_poplib',
    'test_site',
    'test_smtpnet',
    'test_ssl',
    'test_urllib',
    'test_urllib2_localnet',
    'test_xmlrpc',
  ],
  full: [],
  // A package of ours, which the driver runs file by file: checks of Python packages in a virtual environment.
  [packagesName]: [packagesName],
};
