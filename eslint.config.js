import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Who may import whom (ARCHITECTURE.md, "The house"). A folder that is absent from its own list may not be imported.
const mayImport = {
  model: [],
  recipe: ['model'],
  verdict: ['model'],
  report: ['model'],
  plan: ['model', 'recipe'],
  io: ['model'],
  ui: ['model'],
  steps: ['model', 'plan', 'io'],
  run: ['model', 'recipe', 'plan', 'verdict', 'report', 'io', 'ui', 'steps'],
  commands: ['model', 'recipe', 'plan', 'verdict', 'report', 'io', 'ui', 'steps', 'run'],
  // The library: what the commands do, for programs. It draws nothing.
  api: ['model', 'recipe', 'plan', 'verdict', 'report', 'io', 'steps', 'run', 'commands'],
};
const pure = ['model', 'recipe', 'plan', 'verdict', 'report'];
const folders = Object.keys(mayImport);
const packages = ['commander', 'execa', 'listr2', 'zod', 'tar', 'undici'];
const mayUsePackage = { model: ['zod'], io: ['execa', 'undici', 'tar'], ui: ['listr2'], commands: ['commander'] };

const layering = folders.map((folder) => {
  const forbidden = folders.filter((other) => other !== folder && !mayImport[folder].includes(other));
  const allowedPackages = mayUsePackage[folder] ?? [];
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...(forbidden.length > 0
              ? [
                  {
                    group: forbidden.map((other) => `**/${other}/**`),
                    message: `${folder}/ may not import this layer.`,
                  },
                ]
              : []),
            { group: ['**/cli.ts', '**/cli.js'], message: 'Only bin/ loads the command line.' },
            ...(pure.includes(folder)
              ? [
                  {
                    group: ['node:*', '!node:crypto'],
                    message: `${folder}/ touches no file system, process, clock or network.`,
                  },
                ]
              : []),
          ],
          paths: packages
            .filter((name) => !allowedPackages.includes(name))
            .map((name) => ({ name, message: `${folder}/ does not use ${name}.` })),
        },
      ],
      ...(pure.includes(folder)
        ? {
            'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'console', 'Buffer'],
            'no-restricted-properties': [
              'error',
              { object: 'Date', property: 'now' },
              { object: 'Math', property: 'random' },
              { property: 'localeCompare', message: 'Order by code units: it must not depend on the locale.' },
            ],
          }
        : {}),
    },
  };
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['src/cli.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: folders
            .filter((folder) => !['commands', 'report', 'model'].includes(folder))
            .map((folder) => ({ group: [`./${folder}/**`], message: 'cli imports only commands, report and model.' })),
        },
      ],
    },
  },
  {
    files: ['src/index.ts', 'src/schemas.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: folders
            .filter((folder) => !['api', 'report', 'model'].includes(folder))
            .map((folder) => ({
              group: [`./${folder}/**`],
              message: 'What a program imports is api, report and model.',
            })),
        },
      ],
    },
  },
  ...layering,
);
