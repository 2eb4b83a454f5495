// Writes what GitHub reads from what it is made of: ci/github/action.yml and templates from ci/github/source, this project's own
// workflows from its recipes. `--check` writes nothing, and names what is not up to date. Needs dist (`npm run build`).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { action } from './github/source/action.mjs';
import { checkWorkflow, ownRecipes, recipeWorkflow, templates } from './github/source/workflows.mjs';
import { toYaml } from './github/source/yaml.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const options = { ...JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8')), parser: 'yaml' };
const readRecipe = (name) => JSON.parse(readFileSync(join(root, 'recipes', `${name}.json`), 'utf8'));
const generated = 'Made by ci/make-workflows.mjs: change what it is made from, and run it again.';

/** The jobs of a recipe on both architectures. */
const jobsOf = (name) => {
  const bin = join(root, 'bin', 'cpython-awslc.js');
  const args = [bin, 'matrix', '--engine', 'github', '--recipe', name, '--arch', 'x86_64', '--arch', 'aarch64'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
    .include;
};

/** Series that have a version in the catalogue. */
const cpython = JSON.parse(readFileSync(join(root, 'recipes/catalogue/cpython.json'), 'utf8'));
const series = cpython.series
  .map((one) => one.series)
  .filter((name) => cpython.entries.some((entry) => entry.series === name));

/** Path and text of every file. */
const makeFiles = async () => {
  const files = new Map([
    ['ci/github/action.yml', toYaml(action, [generated])],
    ['.github/workflows/check.yml', toYaml(checkWorkflow, [generated])],
  ]);
  for (const [name, { head, workflow }] of Object.entries(templates(series))) {
    const where = 'Put OWNER and COMMIT of a copy of cpython-awslc into `uses`, and this file into .github/workflows.';
    files.set(`ci/github/templates/${name}.yml`, toYaml(workflow, [...head, where, '', generated]));
  }
  for (const name of ownRecipes.filter((recipe) => existsSync(join(root, 'recipes', `${recipe}.json`)))) {
    const recipe = readRecipe(name);
    files.set(
      `.github/workflows/${name}.yml`,
      toYaml(recipeWorkflow(recipe, jobsOf(name)), [recipe.description, generated]),
    );
  }
  for (const [path, text] of files) files.set(path, await format(text, options));
  return files;
};

const listYaml = (dir) =>
  existsSync(join(root, dir))
    ? readdirSync(join(root, dir))
        .filter((name) => name.endsWith('.yml'))
        .map((name) => `${dir}/${name}`)
    : [];

const files = await makeFiles();
const known = ['ci/github/templates', '.github/workflows'].flatMap(listYaml);
const stale = [...files].filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
);
const unknown = known.filter((path) => !files.has(path));
if (process.argv.includes('--check')) {
  for (const [path] of stale) process.stdout.write(`${path} is not up to date\n`);
  for (const path of unknown) process.stdout.write(`${path} is made from nothing: remove it\n`);
  if (stale.length + unknown.length > 0) {
    process.stdout.write('Run: npm run build && node ci/make-workflows.mjs\n');
    process.exitCode = 1;
  }
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
  for (const path of unknown) process.stdout.write(`${path} is made from nothing: remove it\n`);
}
