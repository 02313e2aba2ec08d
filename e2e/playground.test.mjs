import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, origin, screenshot } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

async function openPlayground(t, options) {
  const opened = await open(browser, '/playground', options);
  t.after(opened.close);
  const pane = opened.page.locator('.graphiql-query-editor');
  await pane.getByText('partnerLeaderboard').first().waitFor();
  return opened;
}

/** Clicks Execute and returns what the response pane then holds. */
async function execute(page) {
  await page.getByRole('button', { name: /^Execute/ }).click();
  await page.getByRole('region', { name: 'Result Window' }).getByText(/"(data|errors)"/).first().waitFor();
  return JSON.parse(
    await page.evaluate(() => {
      const models = globalThis.__MONACO.editor.getModels();
      return models.find((model) => model.uri.path.endsWith('response.json')).getValue();
    }),
  );
}

const keyInput = (page) => page.getByLabel('API key or activation token');

const stored = (page) =>
  page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage }, cookies: document.cookie }));

for (const colorScheme of ['light', 'dark']) {
  test(`one click answers the example query, in ${colorScheme}`, async (t) => {
    const { page, seen } = await openPlayground(t, { colorScheme, viewport: { width: 1280, height: 800 } });
    await screenshot(page, `playground-${colorScheme}-opened`);

    const answer = await execute(page);
    await screenshot(page, `playground-${colorScheme}-answered`);

    assert.equal(answer.errors, undefined);
    assert.ok(answer.data.partnerLeaderboard.edges.length > 0, 'the leaderboard has partners');
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
  assert.ok(local['graphiql:queries']?.includes('partnerLeaderboard'), 'the query is in the history');
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

test('a phone shows all of it without scrolling sideways', async (t) => {
  const { page, seen } = await openPlayground(t, phone);
  const answer = await execute(page);
  await screenshot(page, 'playground-phone');

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

test('a subscription goes on until it is stopped', async (t) => {
  const { page, seen } = await openPlayground(t);
  const streams = async () => Number((await (await fetch(`${origin}/metrics`)).text()).match(/^footfall_streams (\d+)$/m)[1]);
  const before = await streams();
  await page.evaluate(() => {
    const models = globalThis.__MONACO.editor.getModels();
    models
      .find((model) => model.uri.path.endsWith('operation.graphql'))
      .setValue('subscription { leaderboardLive(first: 1) { edges { rank engagement { totalPageViews } } } }');
  });
  await page.waitForTimeout(600); // the editor's own debounce
  const answer = await execute(page);
  assert.equal(answer.data.leaderboardLive.edges[0].rank, 1);
  assert.equal(await streams(), before + 1);

  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('button', { name: /^Execute/ }).waitFor();
  while ((await streams()) > before) await page.waitForTimeout(10);
  assert.deepEqual(seen.problems, []);
});
