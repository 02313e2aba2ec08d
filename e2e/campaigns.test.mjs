// The list of campaigns and the live wall, in a browser.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { check } from './axe.mjs';
import { launch, open, origin, screenshot } from './browser.mjs';
import { ask, headers } from './gateway.mjs';

const run = promisify(execFile);
const { FOOTFALL_BIN: binary, FOOTFALL_DATABASE: database, FOOTFALL_KEY: fullKey } = process.env;
const studio = { viewport: { width: 1920, height: 1080 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const minute = 60_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A new campaign; instants are given as milliseconds. */
async function campaign({ title = 'Winter Coats Live', startedAt, endedAt }) {
  const campaignKey = `wall-${randomUUID()}`;
  const instant = (at) => at && new Date(at).toISOString();
  await ask('mutation ($in: CampaignInput!) { upsertCampaigns(input: [$in]) { campaigns { id } } }', {
    in: { campaignKey, title, scheduledAt: instant(startedAt), startedAt: instant(startedAt), endedAt: instant(endedAt) },
  });
  return campaignKey;
}

async function record(campaignKey, events, base = origin) {
  const body = events.map(({ at = Date.now(), ...event }) => ({
    id: randomUUID(),
    campaign: campaignKey,
    at: new Date(at).toISOString(),
    ...event,
  }));
  const response = await fetch(`${base}/v1/events`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal((await response.json()).accepted, events.length);
}

/** Viewers a to b, who watch for an hour. */
const watching = (a, b, at = Date.now() - 1000) =>
  Array.from({ length: b - a + 1 }, (_, i) => ({ action: 'watch', visitor: `v${a + i}`, loggedIn: i % 2 === 0, at, seconds: 3600 }));

const doing = (action, n) => Array.from({ length: n }, (_, i) => ({ action, visitor: `v${1 + (i % 3)}` }));

const metrics = async (campaignKey) =>
  (
    await ask(
      `query ($key: String!) { campaign(campaignKey: $key) { metrics {
        totalViewers totalLoginViewers peakConcurrentViewers likes likeViewers chats productClicks } } }`,
      { key: campaignKey },
    )
  ).campaign.metrics;

const huge = (page, text) => page.locator('.huge', { hasText: text instanceof RegExp ? text : new RegExp(`^${text}$`) }).waitFor();
const tile = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
const fact = (page, name) => page.locator('.people div', { hasText: name }).locator('dd');

async function openWall(t, campaignKey, options = studio) {
  const opened = await open(browser, `/campaigns/${campaignKey}`, options);
  t.after(opened.close);
  return opened;
}

function assertClean({ seen }) {
  assert.deepEqual([...seen.hosts], [new URL(origin).host], 'no other host is asked for anything');
  assert.deepEqual(seen.problems, [], 'no CSP violation, error or warning');
}

async function assertFits(page, { width } = phone.viewport) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `the page is ${wide} pixels wide`);
}

for (const colorScheme of ['light', 'dark']) {
  test(`the list leads to the walls, what is on air first, in ${colorScheme}`, async (t) => {
    const opened = await open(browser, '/campaigns', { colorScheme, viewport: { width: 1280, height: 900 } });
    t.after(opened.close);
    const { page } = opened;
    await page.getByRole('heading', { name: 'On air' }).waitFor();
    await check(page);
    await screenshot(page, `campaigns-${colorScheme}`);

    assert.deepEqual(await page.getByRole('heading', { level: 2 }).allTextContents(), ['On air', 'To come', 'Over']);
    const first = page.getByRole('table', { name: 'Over' }).getByRole('link').first();
    const title = await first.textContent();
    await first.click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    assertClean(opened);
  });
}

test('the list goes on to earlier campaigns', async (t) => {
  const startedAt = Date.parse('2020-01-01T00:00:00Z');
  const input = Array.from({ length: 60 }, (_, i) => {
    const at = new Date(startedAt + i * minute).toISOString();
    return { campaignKey: `old-${i}`, title: `Old ${i}`, scheduledAt: at, startedAt: at, endedAt: at };
  });
  await ask('mutation ($in: [CampaignInput!]!) { upsertCampaigns(input: $in) { campaigns { id } } }', { in: input });
  const { page, close } = await open(browser, '/campaigns');
  t.after(close);
  const oldest = page.getByRole('link', { name: 'Old 0', exact: true });
  const more = page.getByRole('button', { name: 'Show earlier ones' });
  const rows = page.getByRole('row');
  await more.waitFor();
  while (await more.isVisible()) {
    const before = await rows.count();
    await more.dblclick();
    await page.waitForFunction((n) => document.querySelectorAll('tr').length > n, before);
  }
  await oldest.waitFor();
  const listed = await page.getByRole('rowheader').getByRole('link').evaluateAll((links) => links.map(({ href }) => href));
  assert.equal(new Set(listed).size, listed.length, 'each is there once');
});

test('the list is asked for again when the network is back', async (t) => {
  const { page, close } = await open(browser, '/campaigns');
  t.after(close);
  await page.getByRole('heading', { name: 'On air' }).waitFor();
  await page.route('**/graphql', (route) => route.abort());
  await page.reload();
  await page.getByText('The server does not answer.').waitFor();
  await page.unroute('**/graphql');
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  await page.getByRole('heading', { name: 'On air' }).waitFor();
  assert.equal(await page.getByText('The server does not answer.').count(), 0);
});

test('a wall whose first query fails asks again', async (t) => {
  const key = await campaign({ startedAt: Date.now() - 5 * minute });
  const { page } = await openWall(t, key, studio);
  let refused = 0;
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('query Wall') && refused++ === 0
      ? route.fulfill({ status: 503, json: { errors: [{ message: 'away', extensions: { code: 'UNAVAILABLE' } }] } })
      : route.fallback(),
  );
  await page.reload();
  await page.getByText('On air').waitFor({ timeout: 20_000 });
  assert.ok(refused > 1);
});

test('a wall moves with the events, and its numbers are the API’s', async (t) => {
  const key = await campaign({ startedAt: Date.now() - 5 * minute });
  await record(key, [...watching(1, 3, Date.now() - 4 * minute), ...doing('like', 2)]);
  const opened = await openWall(t, key, { ...studio, colorScheme: 'dark' });
  const { page } = opened;
  await huge(page, 3);
  await page.getByText('On air').waitFor();
  await page.getByRole('img', { name: /Peak 3 at/ }).waitFor();
  await tile(page, 'Likes').getByText('– per minute').waitFor();
  await tile(page, 'Likes').getByText('2 in all by 2 people · rate in').waitFor();
  const begun = Date.now();
  while (Date.now() < Math.ceil(begun / 1000) * 1000) await page.waitForTimeout(10);

  await record(key, [...watching(4, 7), ...doing('like', 4), ...doing('chat', 3), ...doing('product_click', 1)]);
  await huge(page, 7);
  const now = await metrics(key);
  await tile(page, 'Likes').getByText(`${now.likes} in all by ${now.likeViewers} people`).waitFor();
  await tile(page, 'Chats').getByText(`${now.chats} in all`).waitFor();
  await tile(page, 'Product clicks').getByText(`${now.productClicks} in all`).waitFor();
  await page.locator('.peak', { hasText: `Peak ${now.peakConcurrentViewers} at` }).waitFor();
  assert.equal(await fact(page, 'Viewers in all').textContent(), String(now.totalViewers));
  assert.equal(await fact(page, 'Of them logged in').textContent(), String(now.totalLoginViewers));

  await page.clock.setFixedTime(begun + minute);
  await tile(page, 'Likes').getByText('4 per minute').waitFor();
  await tile(page, 'Chats').getByText('3 per minute').waitFor();
  await tile(page, 'Product clicks').getByText('1 per minute').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await check(page);
  }
  assertClean(opened);
});

test('a wall of many thousands has its labels whole, on a large screen and on a phone', async (t) => {
  const startedAt = Date.parse('2026-01-15T10:00:00Z');
  const endedAt = startedAt + 3 * minute; // the label of a whole minute stands at the very end of the axis
  const key = await campaign({ startedAt, endedAt });
  const untilTheEnd = (a, b, at) => watching(a, b, at).map((event) => ({ ...event, seconds: (endedAt - at) / 1000 }));
  await record(key, untilTheEnd(1, 8000, startedAt));
  await record(key, untilTheEnd(8001, 12_345, startedAt + 2 * minute));
  for (const options of [studio, phone]) {
    const { page } = await openWall(t, key, options);
    await huge(page, '12,345');
    const chart = page.locator('.chart svg');
    await chart.getByText(/^Peak 12,345 at \d\d:\d\d:\d\d$/).waitFor();
    const ticks = await chart.locator('[aria-label="y-axis tick label"] text').allTextContents();
    assert.deepEqual(ticks, ['0', '2k', '4k', '6k', '8k', '10k', '12k']);
    const outside = await chart.evaluate((svg) => {
      const { left, right } = svg.getBoundingClientRect();
      const labels = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
      return labels.filter(([, box]) => box.left < left || box.right > right).map(([text]) => text);
    });
    assert.deepEqual(outside, []);
  }
});

test('a wall on a large screen has each time once', async (t) => {
  const key = await campaign({ startedAt: Date.now() - 10 * minute });
  await record(key, watching(1, 3, Date.now() - 3.5 * minute));
  const { page } = await openWall(t, key);
  const ticks = page.locator('[aria-label="x-axis tick label"] text');
  await ticks.first().waitFor();
  const times = await ticks.allTextContents();
  assert.ok(times.some((time) => /^\d\d:\d\d:30$/.test(time)), `half minutes: ${times}`);
  assert.equal(new Set(times).size, times.length, String(times));
});

test('a wall survives the server: no reload, and the numbers go on', { skip: !database && 'no database is named' }, async (t) => {
  const key = await campaign({ startedAt: Date.now() - 2 * minute });
  await record(key, watching(1, 4, Date.now() - minute));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  let server = await serve(port);
  t.after(() => server.kill('SIGKILL'));

  const opened = await open(browser, `${base}/campaigns/${key}`, studio);
  t.after(opened.close);
  const { page, seen } = opened;
  await page.getByText('Give an API key above').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Play a sample show' }).count(), 0, 'sample shows are the demo’s alone');
  await page.getByLabel('API key').fill(fullKey);
  await page.keyboard.press('Enter');
  await huge(page, 4);
  await page.evaluate(() => (globalThis.loadedOnce = true));

  server.kill('SIGKILL');
  await page.getByRole('status').filter({ hasText: 'Reconnecting… The numbers are as of' }).waitFor();
  await page.getByRole('heading', { name: /^Viewers at/ }).waitFor();
  await huge(page, 4);
  await screenshot(page, 'wall-reconnecting');

  server = await serve(port);
  await page.getByRole('heading', { name: 'Viewers now' }).waitFor();
  await record(key, [...watching(5, 6), ...doing('like', 3)], base);
  await huge(page, 6);
  await tile(page, 'Likes').getByText('3 in all').waitFor();
  assert.equal(await page.getByText('Reconnecting…').count(), 0);
  assert.equal(await page.evaluate(() => globalThis.loadedOnce), true, 'the page was not loaded again');
  assert.deepEqual(seen.problems.filter((problem) => !/net::ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(problem)), []);
});

async function serve(port) {
  const server = spawn(binary, ['serve', '--listen', `127.0.0.1:${port}`, '--database-url', database, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const died = once(server, 'exit').then(([code]) => Promise.reject(new Error(`footfall serve ended with ${code}`)));
  died.catch(() => {});
  const late = setTimeout(() => server.kill('SIGKILL'), 30_000);
  const up = async () => {
    while ((server.exitCode ?? server.signalCode) === null && !(await fetch(`http://127.0.0.1:${port}/config.json`).catch(() => null))?.ok);
  };
  await Promise.race([up(), died]).finally(() => clearTimeout(late));
  return server;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A show of 40 minutes on some day: 2 viewers, 5 in the middle; likes in its first and last quarter-hour. */
async function pastShow() {
  const startedAt = Date.parse('2026-01-15T10:00:00Z');
  const key = await campaign({ title: 'Replayed Show', startedAt, endedAt: startedAt + 40 * minute });
  const watch = (visitor, from, to) => ({ action: 'watch', visitor, loggedIn: false, at: startedAt + from * minute, seconds: (to - from) * 60 });
  const like = (n) => ({ action: 'like', visitor: 'v1', at: startedAt + n * minute });
  await record(key, [
    ...['v1', 'v2'].map((visitor) => watch(visitor, 0, 40)),
    ...['v3', 'v4', 'v5'].map((visitor) => watch(visitor, 20, 25)),
    ...Array.from({ length: 30 }, (_, i) => like(1 + i / 3)),
    ...Array.from({ length: 5 }, (_, i) => like(31 + i)),
  ]);
  return key;
}

test('after the show the numbers of any instant are there', async (t) => {
  const opened = await openWall(t, await pastShow(), { ...studio, timezoneId: 'Asia/Kolkata' });
  const { page } = opened;
  const slider = page.getByRole('slider', { name: 'Instant of the show' });
  await huge(page, 5);
  await page.getByRole('heading', { name: 'Most viewers from 15:50:00 to 15:50:03' }).waitFor();
  await page.locator('.peak', { hasText: 'Peak 5 at 15:50:00' }).waitFor();

  await slider.press('Home');
  await huge(page, 2);
  assert.equal(await slider.getAttribute('aria-valuetext'), '15:30:00 to 15:30:03, at most 2 viewers');
  await tile(page, 'Likes').getByText('2 per minute').waitFor();
  await tile(page, 'Likes').getByText(/^35 in all by 1 person$/).waitFor();
  await slider.fill(String(Date.parse('2026-01-15T10:15:00Z')));
  await tile(page, 'Likes').getByText('30 by 15:45, 35 in all by 1 person').waitFor();
  await slider.press('End');
  await huge(page, 0);
  await page.getByRole('heading', { name: 'Viewers at 16:10:00' }).waitFor();
  await tile(page, 'Likes').getByText('0.5 per minute').waitFor();
  await tile(page, 'Likes').getByText('35 by 16:10, 35 in all').waitFor();
  await page.getByText('averaged over quarter-hours').waitFor();

  await page.getByRole('button', { name: 'Play the show' }).press('Enter');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.waitForFunction((from) => document.querySelector('input[type=range]').valueAsNumber > from, Date.parse('2026-01-15T10:00:00Z'));
  await page.getByRole('button', { name: 'Pause' }).click();
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await check(page);
    await screenshot(page, `wall-replay-${colorScheme}`);
  }
  assertClean(opened);
});

test('paper has the wall without what it is worked by', async (t) => {
  const { page } = await openWall(t, await pastShow(), { ...studio, colorScheme: 'dark' });
  await huge(page, 5);
  await page.locator('.chart svg').waitFor();
  const a4 = { width: 1032, height: 700 };
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(a4);
  for (const shown of [page.getByRole('heading', { name: 'Replayed Show' }), page.locator('.since'), page.locator('.huge'), page.getByRole('img'), tile(page, 'Likes')]) {
    assert.ok(await shown.isVisible(), String(shown));
  }
  for (const hidden of [page.getByRole('banner'), page.getByRole('button'), page.getByRole('slider')]) {
    assert.equal(await hidden.filter({ visible: true }).count(), 0, String(hidden));
  }
  await assertFits(page, a4);
  await screenshot(page, 'wall-print');
});

test('who wants little motion gets a replay in single seconds', async (t) => {
  const { page } = await openWall(t, await pastShow(), { ...studio, reducedMotion: 'reduce' });
  await page.clock.install();
  await page.getByRole('button', { name: 'Play the show' }).click();
  const slider = page.getByRole('slider');
  const from = Number(await slider.inputValue());
  await page.clock.pauseAt(Date.now() + 10 * minute);
  const before = Number(await slider.inputValue());
  await page.clock.runFor(500);
  assert.ok(before >= from);
  assert.ok(Number(await slider.inputValue()) - before <= 60_000);
  for (let second = 0; second < 5; second++) {
    await page.clock.runFor(1000);
    await slider.inputValue();
  }
  assert.ok(Number(await slider.inputValue()) > before, 'it goes on');
});

test('the demo can play a sample show, on a campaign of its own, until it is stopped', async (t) => {
  const opened = await open(browser, '/campaigns', studio);
  t.after(opened.close);
  const { page } = opened;
  await page.getByRole('button', { name: 'Play a sample show' }).click();
  await page.waitForURL('**/campaigns/sample-show-*');
  await page.getByRole('heading', { name: 'Sample show' }).waitFor();
  await huge(page, /^\d\d$/);
  await tile(page, 'Product clicks').getByText(/^[1-9]\d* in all/).waitFor();
  await screenshot(page, 'wall-sample-show');

  await page.getByRole('button', { name: 'Stop the sample show' }).click();
  await page.getByRole('slider').waitFor();
  await page.getByText('Over', { exact: true }).waitFor();
  const key = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1));
  const { campaign } = await ask('query ($key: String!) { campaign(campaignKey: $key) { status } }', { key });
  assert.equal(campaign.status, 'ENDED');
  const peak = (await metrics(key)).peakConcurrentViewers;
  await page.locator('.peak', { hasText: `Peak ${peak} at` }).waitFor();
  assertClean(opened);
});

test('a wrong key, one that is revoked and an unknown campaign are said', { skip: !database && 'no database is named' }, async (t) => {
  const footfall = async (...args) => (await run(binary, [...args, '--database-url', database])).stdout.trim();
  const name = `wall-${randomUUID()}`;
  const { accessKey } = (await (await fetch(`${origin}/config.json`)).json()).demo;
  const key = await footfall('keys', 'create', '--tenant', accessKey, '--scopes', 'analytics:read', '--name', name);
  const campaignKey = await campaign({ startedAt: Date.now() - 2 * minute });
  await record(campaignKey, watching(1, 2));
  const { page } = await openWall(t, campaignKey);
  await huge(page, 2);
  const input = page.getByLabel('API key');
  const demoKey = await input.inputValue();
  const give = async (value) => {
    await input.fill(value);
    await input.press('Enter');
  };

  await give('ff_wrong');
  await page.getByRole('status').filter({ hasText: 'The key is not accepted' }).waitFor();
  await page.getByText('Not accepted', { exact: true }).waitFor();
  await give(key);
  await huge(page, 2);

  const listed = (await footfall('keys', 'list', '--tenant', accessKey)).split('\n').map((line) => JSON.parse(line));
  await footfall('keys', 'revoke', '--tenant', accessKey, String(listed.find((other) => other.name === name).id));
  await page.getByRole('status').filter({ hasText: 'The key is not accepted' }).waitFor();
  await huge(page, 2);
  await give(demoKey);
  await page.getByRole('heading', { name: 'Viewers now' }).waitFor();

  const unknown = await openWall(t, 'no%20such%2Fshow');
  await unknown.page.getByText('There is no campaign with the key no such/show.').waitFor();
  await check(unknown.page);
});

test('the wall on a phone', async (t) => {
  const key = await campaign({ title: 'A Show with a Long Title for a Phone', startedAt: Date.now() - 5 * minute });
  await record(key, [...watching(1, 12, Date.now() - 4 * minute), ...watching(13, 20), ...doing('like', 9)]);
  const { page } = await openWall(t, key, phone);
  await huge(page, 20);
  await assertFits(page);
  await screenshot(page, 'wall-phone');
  await page.goto(`${origin}/campaigns/${await pastShow()}`);
  await page.getByRole('slider').waitFor();
  await assertFits(page);
  await screenshot(page, 'wall-phone-replay');
  await page.goto(`${origin}/campaigns`);
  await page.getByRole('heading', { name: 'On air' }).waitFor();
  await assertFits(page);
  await screenshot(page, 'campaigns-phone');
});

test('a title that is one long word breaks', async (t) => {
  const title = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
  const key = await campaign({ title, startedAt: Date.now() - 5 * minute });
  const cut = (locator) => locator.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  for (const options of [{ viewport: { width: 1280, height: 900 } }, phone]) {
    const { page } = await openWall(t, key, options);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    assert.equal(await cut(page.locator('.wall')), false, 'the wall');
    await page.goto(`${origin}/campaigns`);
    const cell = page.getByRole('rowheader').filter({ has: page.locator(`[href='/campaigns/${key}']`) });
    assert.equal(await cut(cell), false, 'its cell');
    assert.equal(await cut(page.locator('.scroll', { has: cell })), false, 'the list');
    await assertFits(page, options.viewport);
  }
});
