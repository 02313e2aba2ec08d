// The start page and the documentation.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { check } from './axe.mjs';
import { launch, open, origin, screenshot } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const desk = { viewport: { width: 1280, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

async function opened(t, path, options) {
  const { page, seen, close } = await open(browser, path, options);
  t.after(close);
  return { page, seen };
}

const demo = async () => (await (await fetch(`${origin}/config.json`)).json()).demo;

const attributes = (html, name) => [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value.replaceAll('&amp;', '&'));

/** The documentation's addresses, from its contents. */
async function manual() {
  const html = await (await fetch(`${origin}/docs`)).text();
  return [...new Set(attributes(html, 'href').filter((href) => href.startsWith('/docs/')))];
}

test('every link of the start page and the documentation leads somewhere, to its anchor too', async () => {
  const texts = new Map();
  async function read(path) {
    if (!texts.has(path)) {
      const response = await fetch(origin + path, { headers: { Accept: 'text/html' } });
      assert.equal(response.status, 200, path);
      texts.set(path, await response.text());
    }
    return texts.get(path);
  }
  const ours = (path) => path === '/' || path.startsWith('/docs');
  const left = ['/'];
  const visited = new Set();
  while (left.length) {
    const path = left.pop();
    if (visited.has(path)) continue;
    visited.add(path);
    for (const href of attributes(await read(path), 'href')) {
      const url = new URL(href, origin + path);
      if (url.origin !== origin) continue;
      const text = await read(url.pathname + url.search);
      if (url.hash) assert.ok(attributes(text, 'id').includes(decodeURIComponent(url.hash.slice(1))), `${path} → ${href}`);
      if (ours(url.pathname)) left.push(url.pathname);
    }
  }
  for (const path of ['/docs', ...(await manual())]) assert.ok(visited.has(path), `${path} is reached from the start page`);
  assert.ok(visited.size >= 10, `${visited.size} pages`);
});

test('the four doors of the start page open', async (t) => {
  const { page, seen } = await opened(t, '/', desk);
  const doors = await page.locator('.doors a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  const { activationId, token, campaignKey } = await demo();
  assert.deepEqual(doors, [`/partner-stats/${activationId}?token=${token}`, '/leaderboard', `/campaigns/${campaignKey}`, '/playground']);
  assert.deepEqual(seen.problems, []);
  for (const door of doors) {
    const response = await page.goto(origin + door);
    assert.equal(response.status(), 200, door);
    assert.match(response.headers()['content-type'], /^text\/html/);
  }
});

test('the lines of the start page work when pasted, and can be copied', async (t) => {
  const { page } = await opened(t, '/', { ...desk, permissions: ['clipboard-read', 'clipboard-write'] });
  const lines = await page.locator('.example code').allTextContents();
  assert.ok(lines.length >= 5);
  for (const line of lines) {
    assert.ok(line.startsWith('curl ') && line.includes(origin), line);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} -fsS`]);
    assert.match(stdout, /^[[{]/, line);
  }
  await page.getByText('GraphQL, for a front end').click();
  await page.getByRole('button', { name: 'Copy: GraphQL' }).click();
  await page.getByRole('button', { name: 'Copied: GraphQL' }).waitFor();
  assert.ok(lines.includes(await page.evaluate(() => navigator.clipboard.readText())));
});

for (const colorScheme of ['light', 'dark']) {
  test(`nothing keeps people out, in ${colorScheme}`, async (t) => {
    const { page, seen } = await opened(t, '/', { ...desk, colorScheme });
    for (const path of ['/', '/docs', ...(await manual()).filter((path) => !path.endsWith('.graphql')), '/docs/none']) {
      await page.goto(origin + path);
      await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
      await check(page);
    }
    assert.deepEqual([...seen.hosts], [new URL(origin).host], 'no other host is asked for anything');
    assert.deepEqual(seen.problems.filter((problem) => !problem.includes('404')), []);
    for (const [path, name] of [['/', 'start'], ['/docs', 'docs'], ['/docs/metrics', 'docs-metrics'], ['/docs/openapi', 'docs-openapi']]) {
      await page.goto(origin + path);
      await screenshot(page, `${name}-${colorScheme}`);
    }
  });
}

test('a phone scrolls none of it sideways', async (t) => {
  const { page } = await opened(t, '/', phone);
  for (const path of ['/', '/docs', ...(await manual()).filter((path) => !path.endsWith('.graphql'))]) {
    await page.goto(origin + path);
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.viewport.width, `${path} is ${width} pixels wide`);
  }
  await page.goto(`${origin}/`);
  await screenshot(page, 'start-phone');
  await page.goto(`${origin}/docs/events#send`);
  await screenshot(page, 'docs-events-phone');
});

test('a table scrolls by keyboard', async (t) => {
  const { page } = await opened(t, '/docs/metrics', phone);
  const table = page.getByRole('group', { name: 'Table: ActivationMetrics' });
  await table.focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((table) => table.scrollLeft > 0, await table.elementHandle());
});

test('a test event is accepted, then a duplicate', async (t) => {
  const { page, seen } = await opened(t, '/playground', desk); // whose key may only read
  await page.waitForFunction(() => sessionStorage.getItem('footfall.key'));
  const { readKey, fullKey, campaignKey } = await demo();

  await page.goto(`${origin}/docs/events#send`);
  const key = page.getByLabel('API key with the scope events:write');
  const event = page.getByLabel('Event, or a list of them');
  const answer = page.getByRole('status');
  await page.waitForFunction((full) => document.querySelector('#test-event-key').value === full, fullKey);
  assert.equal(await key.getAttribute('type'), 'password');

  const example = JSON.parse(await event.inputValue());
  assert.equal(example.campaign, campaignKey);
  assert.ok(Math.abs(Date.parse(example.at) - Date.now()) < 60_000);
  await event.fill(JSON.stringify({ id: example.id, action: 'click', event: 'pages-test', session: 's', at: example.at }));

  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await answer.getByText('200: 1 accepted').waitFor();
  await check(page, { include: '#test-event' });
  await screenshot(page, 'docs-events-accepted');
  await page.getByRole('button', { name: 'Send again' }).click();
  await answer.getByText('200: 1 duplicate').waitFor();

  await page.getByRole('button', { name: 'New event' }).click();
  assert.notEqual(JSON.parse(await event.inputValue()).id, example.id);
  await event.fill('{"id":"x","action":"page_view","partner":"none","at":"2026-01-01T00:00:00Z"}');
  await event.press('Tab');
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter');
  await answer.getByText(/event 0 was rejected: [A-Z_]+, /).waitFor();

  assert.equal(await page.evaluate(() => sessionStorage.getItem('footfall.key')), readKey, 'the other pages go on with their key');
  assert.deepEqual(seen.problems, []);
});

test('a test event without a good key is told so, and a typed key is kept for the tab', async (t) => {
  const { page } = await opened(t, '/docs/events', desk);
  const { fullKey } = await demo();
  await page.waitForFunction((full) => document.querySelector('#test-event-key').value === full, fullKey);
  await page.getByLabel('API key').fill('ff_wrong');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('status').getByText(/^401 /).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('footfall.key')), 'ff_wrong');
});

test('the key of an earlier demo gives way to that of this one', async (t) => {
  const { page } = await opened(t, '/docs/events', desk);
  const { fullKey } = await demo();
  await page.evaluate(() => ['footfall.key', 'footfall.demoKey'].forEach((name) => sessionStorage.setItem(name, 'ff_earlier')));
  await page.reload();
  await page.waitForFunction((full) => document.querySelector('#test-event-key').value === full, fullKey);
});

test('pages open where the browser keeps nothing for them', async (t) => {
  const context = await browser.newContext(desk);
  t.after(() => context.close());
  await context.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('blocked', 'SecurityError');
        },
      });
  });
  const page = await context.newPage();
  await page.goto(`${origin}/leaderboard`);
  await page.getByRole('table', { name: 'Partners by engagement' }).waitFor();
  const { fullKey } = await demo();
  await page.goto(`${origin}/docs/events`);
  await page.waitForFunction((full) => document.querySelector('#test-event-key').value === full, fullKey);
});

test('all of it reads without JavaScript', async (t) => {
  const { page } = await opened(t, '/docs/events', { ...desk, javaScriptEnabled: false });
  await page.getByRole('group', { name: 'Code: Send a test event' }).getByText('curl -H').waitFor();
  assert.equal(await page.locator('#test-event').isVisible(), false);

  await page.goto(`${origin}/docs/openapi`);
  assert.equal(await page.getByRole('heading', { level: 2 }).count(), 5);
  await page.locator('summary').filter({ hasText: 'No valid API key.' }).last().click();
  await page.getByText('WWW-Authenticate').last().waitFor();

  await page.goto(`${origin}/`);
  const { readKey } = await demo();
  const key = page.locator('.keys code').first();
  assert.equal(await key.isVisible(), false);
  await page.getByText('Show the keys').click();
  assert.equal((await key.textContent()).trim(), readKey);
  assert.equal(await key.isVisible(), true);
});
