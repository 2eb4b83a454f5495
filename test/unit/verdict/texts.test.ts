import { expect, it } from 'vitest';
import { comparableWords, lastLine, normalizeMessage, redactText } from '../../../src/verdict/texts.ts';

it.each([
  ['File "/opt/x/lib/python3.14/ssl.py", line 3', 'File "{python}/lib/python3.14/ssl.py", line 3'],
  ["No such file: '/tmp/test_python_77/x.pem'", "No such file: '{tmp}'"],
  ['/var/tmp/a and /home/someone/b', '{tmp} and {home}/b'],
  [`see ${['', 'root', '.pythonrc'].join('/')}`, 'see {home}/.pythonrc'],
  ['/etc/ssl/certs and https://a.example/tmp/b stay', '/etc/ssl/certs and https://a.example/tmp/b stay'],
  ['a/tmp/b and /rooted stay', 'a/tmp/b and /rooted stay'],
])('redactText(%j)', (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

it('redacts the longest of nested places first', () => {
  const places = [
    { text: '/s', placeholder: '{store}' },
    { text: '/s/work', placeholder: '{work}' },
    { text: '', placeholder: 'never' },
  ];
  expect(redactText('/s/work/a /s/b', places)).toBe('{work}/a {store}/b');
});

it('normalizes what differs between two runs, and nothing else', () => {
  expect(normalizeMessage("refused ('::1', 40123), pid 77, <a at 0x7f00>, x.c:12\n  line 4")).toBe(
    "refused ('::1', PORT), pid N, <a at 0x>, x.c line",
  );
  expect(normalizeMessage('127.0.0.1:443 gave 200')).toBe('127.0.0.1:PORT gave 200');
  expect(normalizeMessage('AssertionError: 3 != 4')).toBe('AssertionError: 3 != 4');
});

it('finds the last line that says something', () => {
  expect(lastLine('a\n  b \n\n')).toBe('b');
  expect(lastLine('')).toBe('');
});

it('compares what failures say: the reason and the lines after it, in whatever order a set had', () => {
  const said = (...lines: string[]): string =>
    comparableWords(
      'AssertionError: Items differ:',
      ['  File "a.py", line 3', 'AssertionError: Items differ:', ...lines].join('\n'),
    );
  expect(said("'md5'", "'sha1'")).toBe(said("'sha1'", "'md5'", ''));
  expect(said("'md5'")).not.toBe(said("'sha1'"));
  expect(comparableWords('OSError: x', 'Traceback\nOSError: x')).toBe(comparableWords('OSError: x'));
  expect(comparableWords('a', 'Traceback\nb')).not.toBe(comparableWords('a', 'Traceback\nc'));
});
