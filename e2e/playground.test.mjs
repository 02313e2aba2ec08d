import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { check } from './axe.mjs';
import { launch, open, origin, screenshot } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const { demo } = await (await fetch(`${origin}/config.json`)).json();
const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const shown = (page, name) => page.locator('.graphiql-query-editor').getByText(name).first().waitFor();

async function openPlayground(t, options) {
  const opened = await open(browser, '/playground', options);
  t.after(opened.close);
  await shown(opened.page, 'ActivationReport');
  return opened;
}

/** Opens the tab of an example. */
async function example(page, name) {
  await page.locator('.graphiql-tab-button', { hasText: name }).click();
  await shown(page, name);
}

const panel = (page) => page.getByRole('region', { name: 'Beside the answer' });
const chart = (page) => panel(page).locator('.chart > svg');
const view = (page, name) => panel(page).getByRole('tab', { name }).click();

/** Writes a query, and waits until the page knows it: the share panel says what it knows. */
async function write(page, query) {
  await page.evaluate((text) => {
    const models = globalThis.__MONACO.editor.getModels();
    models.find((model) => model.uri.path.endsWith('variables.json')).setValue('');
    models.find((model) => model.uri.path.endsWith('operation.graphql')).setValue(text);
  }, query);
  await view(page, 'Share');
  await page.waitForFunction((text) => document.querySelector('pre[aria-label="Trusted document"]')?.textContent.includes(JSON.stringify(text)), query);
  await view(page, 'Chart');
}

/** GraphiQL's tabs have buttons within; that is not ours to change, all else is. */
const theirs = ['.graphiql-session-header ul'];

/** Clicks Execute and returns what the response pane then holds. */
async function execute(page) {
  await page.getByRole('button', { name: /^Execute/ }).click();
  await page.getByRole('region', { name: 'Result Window' }).getByText(/"(data|errors)"/).first().waitFor();
  return answered(page);
}

/** What the response pane holds. */
const answered = async (page) =>
  JSON.parse(
    await page.evaluate(() => {
      const models = globalThis.__MONACO.editor.getModels();
      return models.find((model) => model.uri.path.endsWith('response.json')).getValue();
    }),
  );

const keyInput = (page) => page.getByLabel('API key or activation token');

const stored = (page) =>
  page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage }, cookies: document.cookie }));

for (const colorScheme of ['light', 'dark']) {
  test(`one click answers the first example and draws it, in ${colorScheme}`, async (t) => {
    const { page, seen } = await openPlayground(t, { colorScheme, ...desk });
    await screenshot(page, `playground-${colorScheme}-opened`);

    const answer = await execute(page);
    await chart(page).waitFor();
    await screenshot(page, `playground-${colorScheme}-answered`);
    await check(page, { exclude: theirs });

    assert.equal(answer.errors, undefined);
    assert.equal(answer.data.activation.eventName, 'Jazz Night at Le Sunset');
    assert.deepEqual([...seen.hosts], [new URL(origin).host], 'no other host is asked for anything');
    assert.deepEqual(seen.problems, [], 'no CSP violation, error or warning');
  });
}

test('the key is in sessionStorage and nowhere else', async (t) => {
  const { page } = await openPlayground(t);
  await execute(page);

  const { session, local, cookies } = await stored(page);
  const key = await keyInput(page).inputValue();
  assert.ok(key, 'the demo’s key is filled in');
  assert.equal(session['footfall.key'], key);
  assert.ok(!JSON.stringify(local).includes(key), 'localStorage');
  assert.ok(!page.url().includes(key), 'URL');
  assert.ok(!cookies.includes(key), 'cookies');
  assert.equal(await keyInput(page).getAttribute('type'), 'password');
});

test('a credential typed as a request header is not remembered', async (t) => {
  const { page } = await openPlayground(t);
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  await page.getByRole('region', { name: 'Headers' }).locator('.monaco-editor:visible').click();
  await page.keyboard.insertText('{"X-Secret": "tok_do_not_keep"}');
  await page.waitForTimeout(600); // the editor's own debounce
  await execute(page);

  const { local } = await stored(page);
  assert.ok(local['footfall.playground:queries']?.includes('ActivationReport'), 'the query is in the history');
  assert.ok(!JSON.stringify(local).includes('tok_do_not_keep'), 'localStorage');
});

test('a key that the server refuses is called so, and a good one works again', async (t) => {
  const { page } = await openPlayground(t);
  const good = await keyInput(page).inputValue();

  await keyInput(page).fill('not-a-key');
  assert.ok((await execute(page)).errors.length > 0);
  await page.getByText('Not accepted').waitFor();

  await keyInput(page).fill(good);
  await keyInput(page).press('Enter');
  await page.getByText('Not accepted').waitFor({ state: 'detached' });
  assert.equal((await execute(page)).errors, undefined);
});

test('the schema is there: docs open and fields are described', async (t) => {
  const { page } = await openPlayground(t);
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const docs = page.getByRole('region', { name: 'Documentation Explorer' });
  await docs.getByRole('link', { name: 'Query' }).click();
  await docs.getByRole('link', { name: 'partnerLeaderboard', exact: true }).waitFor();
  await screenshot(page, 'playground-docs');
});

const examples = { Leaderboard: 'Total sessions', CampaignCurve: 'Peak concurrent viewers', Sources: 'Click count' };
for (const [name, measure] of Object.entries(examples)) {
  test(`the example ${name} answers and is drawn`, async (t) => {
    const { page, seen } = await openPlayground(t, desk);
    await example(page, name);
    assert.equal((await execute(page)).errors, undefined);
    await chart(page).waitFor();
    await panel(page).getByLabel('Measure').selectOption({ label: measure });
    await chart(page).getByText(measure).first().waitFor();
    const box = await chart(page).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await chart(page).locator('[aria-label=tip] text').waitFor();
    await screenshot(page, `playground-${name}`);
    await check(page, { exclude: theirs });
    assert.deepEqual(seen.problems, []);
  });
}

test('zeros are bars without length, and a line at the bottom', async (t) => {
  const { page } = await openPlayground(t, desk);
  const range = 'range: { dates: { startDate: "2020-01-01", endDate: "2020-01-20" } }'; // long before the sample data, whenever it is made
  await write(page, `{ partnerLeaderboard(${range}, first: 3) { edges { node { name } engagement { totalSessions } } } }`);
  await execute(page);
  await chart(page).waitFor();
  const bars = chart(page).locator('[aria-label=bar] rect');
  assert.deepEqual(await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('width'))), ['0', '0', '0']);
  assert.deepEqual((await chart(page).locator('[aria-label="x-axis tick label"] text').allTextContents()).filter(Boolean), ['0', '1']);

  await write(page, `{ partnerLeaderboard(first: 1) { nodes { timeSeries(interval: DAY, ${range}) { points { start engagement { totalSessions } } } } } }`);
  await execute(page);
  const line = chart(page).locator('[aria-label=line] path');
  await line.waitFor({ state: 'attached' });
  const bottom = (locator) => locator.evaluate((element) => element.getBoundingClientRect().bottom);
  const gap = (await bottom(chart(page).locator('[aria-label=rule] line').first())) - (await bottom(line));
  assert.ok(Math.abs(gap) < 2, `the line is ${gap} pixels above the axis`);
});

test('an example comes back as it was, from the menu', async (t) => {
  const { page } = await openPlayground(t, desk);
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: 'Leaderboard' }).click();
  assert.ok((await execute(page)).data.partnerLeaderboard.edges.length > 0);
  assert.equal(await page.locator('.graphiql-tab-button', { hasText: 'Leaderboard' }).count(), 2);
});

const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
for (const [system, userAgent] of Object.entries({ 'this system': undefined, 'a Mac': mac })) {
  test(`the keyboard leaves the editors by the key that stands below them, on ${system}`, async (t) => {
    const { page } = await openPlayground(t, { ...desk, userAgent });
    const hint = page.getByText('Tab leaves the editor');
    const key = (await hint.locator('kbd').innerText()).replace('Ctrl', 'Control');
    const told = await hint.innerText();
    const within = (editor) => editor.evaluate((element) => element.closest('.graphiql-editor').contains(document.activeElement));
    for (const name of ['Operation Editor', 'Variables']) {
      const editor = page.getByRole('region', { name }).getByRole('textbox').first();
      await editor.focus();
      assert.equal(await editor.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby')).innerText), told);
      await page.keyboard.press('Tab');
      assert.ok(await within(editor), `${name}: Tab indents`);
      await page.keyboard.press(key);
      await page.keyboard.press('Tab');
      assert.ok(!(await within(editor)), `${name}: Tab leaves`);
      await editor.focus();
      await page.keyboard.press('Shift+Tab'); // to the box around it, which can have the focus too
      await page.keyboard.press('Shift+Tab');
      assert.ok(!(await within(editor)), `${name}: Shift+Tab leaves`);
      await editor.focus();
      await page.keyboard.press(key);
    }
  });
}

test('tabs of another GraphiQL on this origin do not hide the examples', async (t) => {
  const opened = await open(browser, '/openapi.json');
  t.after(opened.close);
  await opened.page.evaluate(() => localStorage.setItem('graphiql:tabState', '{"tabs":[],"activeTabIndex":0}'));
  await opened.page.goto(`${origin}/playground`);
  await opened.page.locator('.graphiql-tab-button', { hasText: 'OnAir' }).waitFor();
});

test('the query builder opens, and writes the query', async (t) => {
  const { page } = await openPlayground(t, desk);
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.graphiql-explorer-root').getByText('timeSeries').first().waitFor();
  await screenshot(page, 'playground-explorer');
});

test('the downloads hold what the chart shows', async (t) => {
  const { page } = await openPlayground(t, desk);
  await example(page, 'Leaderboard');
  const { data } = await execute(page);
  await chart(page).waitFor();
  const fetchFile = async (name) => {
    const [file] = await Promise.all([page.waitForEvent('download'), panel(page).getByRole('button', { name, exact: true }).click()]);
    return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
  };

  const csv = await fetchFile('CSV');
  const rows = data.partnerLeaderboard.edges.map(({ node, engagement }) => {
    const numbers = ['totalSessions', 'uniqueUsers', 'avgSessionDurationSeconds'].flatMap((name) => [engagement[name], engagement.previous[name]]);
    return [/[,"]/.test(node.name) ? JSON.stringify(node.name) : node.name, ...numbers.map((value) => value ?? '')].join(',');
  });
  assert.equal(csv.name, 'partner-leaderboard.csv');
  assert.deepEqual(csv.content.toString().trimEnd().split('\r\n').slice(1), rows);

  const svg = (await fetchFile('SVG')).content.toString();
  const drawn = await page.evaluate((text) => {
    const picture = new DOMParser().parseFromString(text, 'image/svg+xml');
    return { root: picture.documentElement.localName, bars: picture.querySelectorAll('[aria-label=bar] rect').length };
  }, svg);
  assert.deepEqual(drawn, { root: 'svg', bars: 2 * rows.length });
  assert.ok(!/var\(|class=|<style/.test(svg), 'it needs no style sheet');

  const png = (await fetchFile('PNG')).content;
  const width = Number(svg.match(/ width="(\d+)"/)[1]);
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.equal(png.readUInt32BE(16), 2 * width, 'at twice the size');
});

test('what an answer cost, how fresh it is and what was read stands beside it', async (t) => {
  const { page, seen } = await openPlayground(t, desk);
  const dry = [];
  page.on('request', (request) => request.headers()['x-footfall-dry-run'] && dry.push(request));
  const { extensions } = await execute(page);
  await chart(page).waitFor();
  assert.equal(dry.length, 0, 'a plan is asked for when it is looked at');

  await view(page, 'Cost & freshness');
  const fact = (name) => panel(page).locator('dl > div', { has: page.getByText(name, { exact: true }) }).locator('dd');
  assert.equal(await fact('Estimated').innerText(), String(extensions.cost.estimated));
  assert.equal(await fact('Actual').innerText(), String(extensions.cost.actual));
  assert.equal(await fact('Stale').innerText(), 'No');
  assert.match(await fact('Cache').innerText(), /\d+ hits?, \d+ miss/);
  assert.equal(await fact('Status').innerText(), '200 OK');
  await panel(page).getByRole('cell', { name: 'activations' }).waitFor();
  await panel(page).getByRole('button', { name: 'Does it still hold?' }).click();
  await panel(page).getByText('304: it does').waitFor();
  await screenshot(page, 'playground-cost');
  await check(page, { exclude: theirs });
  assert.deepEqual(seen.problems, []);
});

test('what is shared runs elsewhere, and holds no key', async (t) => {
  const { page } = await openPlayground(t, { ...desk, permissions: ['clipboard-read', 'clipboard-write'] });
  const key = await keyInput(page).inputValue();
  const asked = '{ partnerLeaderboard(range: { period: LAST_90_DAYS }, first: 3) { nodes { name } } } # it\'s';
  await write(page, asked);
  await view(page, 'Share');
  const text = async (name) => panel(page).getByLabel(name, { exact: true }).innerText();

  const curl = await text('curl');
  assert.ok(curl.includes('Bearer $KEY'));
  const body = curl.match(/-d '(.*)'$/s)[1].replaceAll(`'\\''`, `'`);
  assert.equal(JSON.parse(body).query, asked);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const { data } = await (await fetch(`${origin}/graphql`, { method: 'POST', headers, body })).json();
  const names = data.partnerLeaderboard.nodes.map(({ name }) => name);

  const manifest = JSON.parse(await text('Trusted document'));
  const hash = createHash('sha256').update(asked).digest('hex');
  assert.equal(manifest.format, 'apollo-persisted-query-manifest');
  assert.deepEqual(manifest.operations, [{ id: hash, name: 'Unnamed', type: 'query', body: asked }]);
  assert.equal(await text('Trusted document by GET'), `${origin}/graphql?documentId=${hash}`);

  const rest = await (await fetch(await text('REST'), { headers })).json();
  assert.deepEqual(rest.map(({ name }) => name), names, 'REST answers the same');

  await panel(page).getByRole('button', { name: 'Copy: Link' }).click();
  await panel(page).getByText('Copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(new URL(link).search, '');
  assert.ok(!(await panel(page).innerText()).includes(key));
  await screenshot(page, 'playground-share');
  await check(page, { exclude: theirs });

  const other = await open(browser, link, desk);
  t.after(other.close);
  await shown(other.page, 'LAST_90_DAYS');
  assert.equal(new URL(other.page.url()).hash, '');
  assert.deepEqual((await execute(other.page)).data, data);
});

test('the partner stats have a REST path that answers the same', async (t) => {
  const { page } = await openPlayground(t, desk);
  const { data } = await execute(page);
  await view(page, 'Share');
  const url = await panel(page).getByLabel('REST', { exact: true }).innerText();
  const rest = await (await fetch(url.replace('$TOKEN', demo.token))).json();
  assert.equal(rest.data.metrics.clickCount, data.activation.metrics.clickCount);
});

test('what REST cannot answer alike has no path, nor what is still being typed', async (t) => {
  const { page } = await openPlayground(t, desk);
  const span = (start) => `{ campaigns(scheduled: { start: "${start}", end: "2026-11-02T00:00:00Z" }) { nodes { title } } }`;
  const board = (filter) => `{ partnerLeaderboard(filter: ${filter}) { nodes { name } } }`;
  for (const [query, says] of [
    [span('2026-11-01T00:00:00Z'), '/campaign/stats?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z'],
    [span('2026-11-01T00:0'), 'its arguments cannot be read'],
    [board('{ tierUuids: [] }'), 'an empty list'],
    [span('2026-11-01T00:00:00Z').replace('(', '(campaignKeys: [], '), 'an empty list'],
    [board('{ tierUuids: null, partnerType: REFERRAL }'), '/partners?partner_type=referral'],
  ]) {
    await write(page, query);
    await view(page, 'Share');
    await panel(page).getByText(says).waitFor();
  }
});

test('the panels are tabs for the keyboard, and close', async (t) => {
  const { page } = await openPlayground(t, desk);
  await panel(page).getByRole('tab', { name: 'Chart' }).focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await panel(page).getByRole('tab', { name: 'Share' }).getAttribute('aria-selected'), 'true');
  const height = async () => (await panel(page).boundingBox()).height;
  const before = await height();
  await page.getByRole('separator', { name: 'Height of the panel' }).press('ArrowDown');
  assert.ok((await height()) < before);
  await panel(page).getByRole('button', { name: 'Close' }).click();
  assert.ok((await height()) < 60);
});

test('without a key, with too many requests and without a server it says so', async (t) => {
  const { page } = await openPlayground(t, desk);
  await keyInput(page).fill('');
  await execute(page);
  await panel(page).getByText('The server refused the key').waitFor();
  const answers = [
    (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '7' }, json: { errors: [{ message: 'too many' }] } }),
    (route) => route.abort(),
  ];
  for (const [index, says] of ['try again in 7 s', 'cannot be reached'].entries()) {
    await page.unrouteAll();
    await page.route('**/graphql', answers[index]);
    await page.getByRole('button', { name: /^Execute/ }).click();
    await panel(page).getByText(says).waitFor();
  }
  assert.deepEqual(await answered(page), { errors: [{ message: 'The server cannot be reached.' }] });
});

test('a phone shows all of it without scrolling sideways', async (t) => {
  const { page, seen } = await openPlayground(t, phone);
  const answer = await execute(page);
  await chart(page).waitFor();
  await screenshot(page, 'playground-phone');
  await chart(page).scrollIntoViewIfNeeded();
  await screenshot(page, 'playground-phone-chart');
  await check(page, { exclude: theirs });

  assert.equal(answer.errors, undefined);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= phone.viewport.width, `the page is ${width} pixels wide`);
  for (const pane of ['.graphiql-query-editor', '.graphiql-response', '.graphiql-sidebar', '.key input']) {
    const box = await page.locator(pane).first().boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= phone.viewport.width, `${pane} stays inside`);
    assert.ok(box.height > 30, `${pane} is tall enough to use`);
  }
  assert.deepEqual(seen.problems, []);
});

test('a subscription goes on until it is stopped', { timeout: 60_000 }, async (t) => {
  const { page, seen } = await openPlayground(t);
  const streams = async () => Number((await (await fetch(`${origin}/metrics`)).text()).match(/^footfall_streams (\d+)$/m)[1]);
  const before = await streams();
  await write(page, 'subscription { leaderboardLive(first: 1) { edges { rank engagement { totalPageViews } } } }');
  const answer = await execute(page);
  assert.equal(answer.data.leaderboardLive.edges[0].rank, 1);
  assert.equal(await streams(), before + 1);

  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('button', { name: /^Execute/ }).waitFor();
  while ((await streams()) > before) await page.waitForTimeout(10);
  assert.deepEqual(seen.problems, []);
});

test('a subscription is drawn as its values arrive', async (t) => {
  const { page, seen } = await openPlayground(t, desk);
  await example(page, 'OnAir');
  const rows = async () => Number((await panel(page).getByText(/^Data, /).innerText()).match(/\d+/)[0]);
  await execute(page);
  await chart(page).waitFor();
  const like = (id) =>
    fetch(`${origin}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${demo.fullKey}`, 'content-type': 'application/json' },
      body: JSON.stringify([{ id, action: 'like', campaign: demo.campaignKey, visitor: 'playground', at: new Date().toISOString() }]),
    });
  for (let count = 0; (await rows()) < 3; count++) {
    const before = await rows();
    await like(`playground-${Date.now()}-${count}`);
    await page.waitForFunction((of) => Number(document.querySelector('.panel summary').textContent.match(/\d+/)[0]) > of, before);
  }
  await panel(page).getByText('Live', { exact: true }).waitFor();
  await screenshot(page, 'playground-live');
  await page.getByRole('button', { name: /^Stop/ }).click();
  await panel(page).getByText('Live', { exact: true }).waitFor({ state: 'detached' });
  assert.deepEqual(seen.problems, []);
});

test('the measures are asked for again when the network is back', async (t) => {
  const { page, close } = await open(browser, '/config.json');
  t.after(close);
  const isDefinitions = (request) => request.postData()?.includes('query MetricDefinitions') ?? false;
  await page.route('**/graphql', (route) => (isDefinitions(route.request()) ? route.abort() : route.continue()));
  await Promise.all([page.waitForEvent('requestfailed', isDefinitions), page.goto(`${origin}/playground`)]);
  await shown(page, 'ActivationReport');
  await page.unroute('**/graphql');
  const answered = page.waitForResponse((response) => isDefinitions(response.request()), { timeout: 10_000 });
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  assert.equal((await answered).status(), 200);
});
