#!/usr/bin/env node
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.js', import.meta.url);
if (existsSync(cli)) {
  await import(cli.href);
} else {
  process.stderr.write('cpython-awslc is not compiled yet: run `npm start`, or `npm ci && npm run build`.\n');
  process.exitCode = 1;
}
