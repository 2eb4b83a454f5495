import { describe, expect, it } from 'vitest';
import { makeSelectionArguments } from '../../../src/commands/selection-arguments.ts';

describe('a selection as arguments', () => {
  it('means the same in another directory, and names the store', () => {
    const words = makeSelectionArguments(
      {
        recipe: 'mine/pr.json',
        python: ['3.14', 'path:cpython'],
        awslc: ['git:https://example.org/x#main', 'path:.'],
        fips: true,
        openssl: 'path:../openssl',
        sysroot: 'roots/arm',
        catalogue: 'catalogue',
        tests: ['test_ssl'],
        offline: true,
        jobs: '7',
      },
      '/shared',
      '/home/me',
    );
    expect(words).toEqual([
      ...['--recipe', '/home/me/mine/pr.json'],
      ...['--python', '3.14', '--python', 'path:/home/me/cpython'],
      ...['--awslc', 'git:https://example.org/x#main', '--awslc', 'path:/home/me'],
      '--fips',
      ...['--tests', 'test_ssl'],
      ...['--openssl', 'path:/home/openssl'],
      ...['--sysroot', '/home/me/roots/arm'],
      ...['--catalogue', '/home/me/catalogue'],
      ...['--store', '/shared'],
      '--offline',
    ]);
    expect(makeSelectionArguments({ recipe: 'pr' }, '/s', '/')).toEqual(['--recipe', 'pr', '--store', '/s']);
  });
});
