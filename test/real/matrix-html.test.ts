import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatMatrixHtml } from '../../src/report/matrix-html.ts';
import { describeMatrix } from '../../src/report/matrix-words.ts';
import { servePages, startChromium, type PageServer } from '../rig/chromium.ts';
import { makeHostileMatrix, makeLargeMatrix, makeMixedMatrix } from '../rig/matrix-record.ts';

const records = {
  '/mixed': makeMixedMatrix(),
  '/hostile': makeHostileMatrix(),
  '/large': makeLargeMatrix(60, 20),
} as const;
type Path = keyof typeof records;
const paths = Object.keys(records) as Path[]; // Object.keys forgets the names.

const desktop = { width: 1280, height: 860 };
const phone = { width: 360, height: 740 };
const schemes = ['light', 'dark'] as const;

let browser: Browser | undefined;
let server: PageServer;
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  server = await servePages(new Map(paths.map((path) => [path, formatMatrixHtml(records[path])])));
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await server.close();
});

/** Opens a page in a fresh context, and gives what the browser complained of or asked for meanwhile. */
const withPage = async (
  path: Path,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<{ readonly complaints: readonly string[]; readonly requests: readonly string[] }> => {
  if (browser === undefined) throw new Error('there is a browser');
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${server.origin}${path}`);
    await use(page);
  } finally {
    await context.close();
  }
  return { complaints, requests };
};

const openAll = 'document.querySelectorAll("details").forEach((one) => { one.open = true; })';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds, shortened to what a person needs to mend it. */
const findViolations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe);
  const violations = await page.evaluate<readonly Violation[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)',
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
  );
};

/** Where the focus is, in words that a test can compare. */
const focusOf = (page: Page): Promise<string> =>
  page.evaluate<string>(
    '((one) => one === null || one === document.body ? "" : `${one.tagName} ${one.getAttribute("href") ?? one.textContent.slice(0, 60)}`)(document.activeElement)',
  );

describe('the HTML page of a matrix, in the machine’s Chromium', () => {
  const cases = [
    ...schemes.flatMap((colorScheme) =>
      [desktop, phone].map((viewport) => ({ path: '/mixed', colorScheme, viewport }) as const),
    ),
    ...(['/hostile', '/large'] as const).flatMap(
      (path) =>
        [
          { path, colorScheme: 'light', viewport: desktop },
          { path, colorScheme: 'dark', viewport: phone },
        ] as const,
    ),
  ];

  it.for(cases)(
    '$path, $colorScheme, $viewport.width px: quiet, alone, accessible, no wider than the window',
    async ({ path, colorScheme, viewport }, { skip }) => {
      if (browser === undefined) skip('there is no chromium here');
      server.asked.length = 0;
      const { complaints, requests } = await withPage(path, { colorScheme, viewport }, async (page) => {
        const width = 'document.documentElement.scrollWidth';
        expect(await page.evaluate(width)).toBeLessThanOrEqual(viewport.width);
        // axe takes minutes for sixty cells, which are the same thing sixty times, and half of one for a hostile page.
        const isLooked = path === '/mixed' || (path === '/hostile' && viewport === phone);
        if (isLooked) expect(await findViolations(page)).toEqual([]);
        await page.evaluate(openAll);
        expect(await page.evaluate(width)).toBeLessThanOrEqual(viewport.width);
        if (isLooked) expect(await findViolations(page)).toEqual([]);
      });
      expect(complaints).toEqual([]);
      expect(requests).toEqual([`${server.origin}${path}`]);
      expect(server.asked).toEqual([path]);
    },
  );

  it('says what the record says, and no text of a record becomes markup', async ({ skip }) => {
    if (browser === undefined) skip('there is no chromium here');
    await withPage('/mixed', { viewport: desktop }, async (page) => {
      expect(await page.textContent('h1')).toBe(describeMatrix(records['/mixed']));
      expect(await page.title()).toBe(`${describeMatrix(records['/mixed'])}: nightly, 2026-11-28 21:02 UTC`);
      expect(await page.locator('article').count()).toBe(records['/mixed'].cells.length);
    });
    await withPage('/hostile', { viewport: desktop }, async (page) => {
      expect(await page.locator('script, img, [onmouseover], [onerror], [autofocus]').count()).toBe(0);
      expect(await page.title()).toMatch(/^4 of 12 cells as expected/);
    });
  });

  it('takes the keyboard to every cell, by Tab and Enter', async ({ skip }) => {
    if (browser === undefined) skip('there is no chromium here');
    await withPage('/mixed', { viewport: desktop }, async (page) => {
      await page.keyboard.press('Tab');
      expect(await focusOf(page)).toBe('A #main');
      await page.keyboard.press('Enter');
      for (const cell of records['/mixed'].cells) {
        await page.goto(`${server.origin}/mixed#main`);
        const link = `#cell-${cell.id}`;
        let presses = 0;
        do {
          await page.keyboard.press('Tab');
          presses += 1;
        } while ((await focusOf(page)) !== `A ${link}` && presses < 20);
        // Behind the skip link the grid comes first, in the order of the record.
        expect([link, presses]).toEqual([link, records['/mixed'].cells.indexOf(cell) + 1]);
        const outline = 'getComputedStyle(document.activeElement).outlineStyle';
        expect(await page.evaluate(outline)).toBe('solid');
        await page.keyboard.press('Enter');
        const top = await page.evaluate<number>('document.querySelector(":target").getBoundingClientRect().top');
        expect(await page.evaluate('document.querySelector(":target").id')).toBe(link.slice(1));
        expect(top).toBeGreaterThanOrEqual(0);
        expect(top).toBeLessThan(desktop.height);
      }
    });
  });

  it('opens all that is folded by keyboard', async ({ skip }) => {
    if (browser === undefined) skip('there is no chromium here');
    await withPage('/mixed', { viewport: desktop }, async (page) => {
      const closed = 'document.querySelectorAll("details:not([open])").length';
      expect(await page.evaluate(closed)).toBeGreaterThan(20);
      for (let presses = 0; presses < 400; presses += 1) {
        await page.keyboard.press('Tab');
        const focus = await focusOf(page);
        if (focus === '') break;
        if (focus.startsWith('SUMMARY')) await page.keyboard.press('Enter');
      }
      expect(await page.evaluate(closed)).toBe(0);
    });
  });

  it('prints what is folded, and moves nothing for who wants no motion', async ({ skip }) => {
    if (browser === undefined) skip('there is no chromium here');
    await withPage('/mixed', { viewport: desktop, reducedMotion: 'reduce' }, async (page) => {
      const moving =
        '[...document.querySelectorAll("*")].filter((one) => ["", "::before"].some((part) => getComputedStyle(one, part).transitionDuration !== "0s")).length';
      expect(await page.evaluate(moving)).toBe(0);
      const height = 'document.querySelector("details pre").getBoundingClientRect().height';
      expect(await page.evaluate(height)).toBe(0);
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate(height)).toBeGreaterThan(0);
      expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    });
  });

  // UPDATE_SCREENSHOTS=1 npx vitest run --project real test/real/matrix-html.test.ts
  it.runIf(process.env['UPDATE_SCREENSHOTS'] === '1')('makes the pictures of the README', async () => {
    const directory = fileURLToPath(new URL('../screenshots/', import.meta.url));
    await mkdir(directory, { recursive: true });
    const shots = [
      { name: 'matrix-light', options: { viewport: { width: 1120, height: 760 }, colorScheme: 'light' } },
      {
        name: 'matrix-phone-dark',
        options: { viewport: { width: 390, height: 800 }, colorScheme: 'dark', deviceScaleFactor: 2 },
      },
    ] as const;
    for (const { name, options } of shots) {
      await withPage('/mixed', options, async (page) => {
        const session = await page.context().newCDPSession(page);
        const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
        const picture = Buffer.from(data, 'base64');
        expect(picture.length).toBeLessThan(80_000);
        await writeFile(`${directory}${name}.webp`, picture);
      });
    }
  });
});
