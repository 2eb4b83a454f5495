/** What is wrong with a cipher string for `--with-ssl-default-suites`, or nothing. */
export const findCipherProblem = (cipherString: string): string | undefined => {
  if (cipherString === '') return 'a cipher string must not be empty';
  if (/@SECLEVEL/i.test(cipherString)) return 'AWS-LC refuses every cipher string that has @SECLEVEL; leave it out';
  if (/^openssl$/i.test(cipherString)) {
    return 'the word openssl would let default contexts accept TLS 1.0; give a cipher string';
  }
  if (/^python$/i.test(cipherString)) {
    return "CPython's own string has @SECLEVEL, which AWS-LC refuses; give a cipher string";
  }
  return /["\\]|[^ -~]/.test(cipherString)
    ? 'a cipher string has printable ASCII only, and neither quotes nor backslashes'
    : undefined;
};
