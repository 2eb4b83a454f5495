import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const find = (): string | undefined => places.find((place) => existsSync(place));

/**
 * Starts the machine's own Chromium, without a window; nothing where there is none. Nothing is installed on a machine whose
 * owner was not asked: a CI has said yes.
 */
export const startChromium = async (): Promise<Browser | undefined> => {
  if (find() === undefined && process.env['CI'] === 'true') {
    const install = 'apt-get install -y --no-install-recommends chromium fonts-dejavu-core';
    await promisify(execFile)('sh', ['-c', `${install} || { apt-get update && ${install}; }`], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 1e8,
    });
  }
  const executablePath = find();
  if (executablePath === undefined) return undefined;
  // Root has no user namespace to put the pages in, and what is shown here is our own.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
};

/** A server that knows pages by their path, and what it was asked for. */
export interface PageServer {
  readonly origin: string;
  readonly asked: string[];
  readonly close: () => Promise<void>;
}

/** Serves pages on this machine. */
export const servePages = async (pages: ReadonlyMap<string, string>): Promise<PageServer> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const page = pages.get(request.url ?? '');
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(page ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
};
