import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A headless Chromium of the machine's own with a fresh profile. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? candidates.find((path) => existsSync(path));
  if (!executablePath) throw new Error('No Chromium found: install one or name it in CHROMIUM');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens path of the server under test and notes what a page should not do. */
export async function open(browser, path, options = {}) {
  const context = await browser.newContext(options);
  const seen = { hosts: new Set(), problems: [] };
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') || url.protocol.startsWith('ws')) seen.hosts.add(url.host);
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.problems.push(`${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (error) => seen.problems.push(`uncaught: ${error.error()}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.violatedDirective} blocked ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  const page = await context.newPage();
  await page.goto(new URL(path, origin).href);
  return { page, seen, close: () => context.close() };
}

export const origin = new URL(process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080').origin;

export const screenshot = (page, name) => page.screenshot({ path: join(import.meta.dirname, 'screenshots', `${name}.png`) });
