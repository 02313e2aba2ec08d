import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { check } from './axe.mjs';
import { launch, open, origin, screenshot } from './browser.mjs';

const token = 'tok_secure_token_here';
const report = `/partner-stats/act_abc123xyz?token=${token}`;
const desk = { viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Paris' };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, timezoneId: 'Europe/Paris' };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function openReport(t, options, path = report) {
  const opened = await open(browser, path, { ...desk, ...options });
  t.after(opened.close);
  await opened.page.getByRole('heading', { level: 1 }).waitFor();
  return opened;
}

/** The page keeps to itself, and is as wide as the window. */
async function behaves({ page, seen }, problems = []) {
  assert.deepEqual([...seen.hosts], [new URL(origin).host], 'no other host is asked for anything');
  assert.deepEqual(seen.problems, problems, 'no CSP violation, error or warning');
  const { scrollWidth, innerWidth } = await page.evaluate(() => ({ scrollWidth: document.documentElement.scrollWidth, innerWidth }));
  assert.ok(scrollWidth <= innerWidth, `the page is ${scrollWidth} pixels wide, the window ${innerWidth}`);
}

for (const javaScriptEnabled of [true, false]) {
  test(`the numbers are those of the REST contract, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async (t) => {
    const opened = await openReport(t, { javaScriptEnabled });
    const { data } = await (await fetch(`${origin}/api${report}`)).json();

    const shown = await opened.page.locator('.group .value').allTextContents();
    const numbers = shown.map((text) => Number(text.replaceAll(',', '').replace(' %', '')));
    const sorted = (values) => values.sort((a, b) => a - b);
    assert.deepEqual(sorted(numbers), sorted(Object.values(data.metrics)));
    await opened.page.getByRole('heading', { name: data.eventName }).waitFor();
    for (const chart of ['Views by day', 'Sessions from view to calendar', 'Views by source', 'Views by hour of the day']) {
      await opened.page.locator('svg.plot', { has: opened.page.locator('title', { hasText: chart }) }).first().waitFor({ state: 'attached' });
    }
    assert.equal(await opened.page.getByRole('button', { name: 'Print' }).isVisible(), javaScriptEnabled);
    await behaves(opened);
  });
}

for (const colorScheme of ['light', 'dark']) {
  for (const [name, options] of Object.entries({ desk, phone })) {
    test(`axe finds nothing, ${colorScheme}, ${name}`, async (t) => {
      const opened = await openReport(t, { ...options, colorScheme });
      await check(opened.page);
      await behaves(opened);
      await screenshot(opened.page, `report-${name}-${colorScheme}`);
      for (const table of await opened.page.locator('.values summary').all()) await table.click();
      await check(opened.page);
      await behaves(opened);
    });
  }
}

test('without JavaScript the form narrows the period and keeps the link', async (t) => {
  const opened = await openReport(t, { javaScriptEnabled: false });
  const { page } = opened;
  await page.getByLabel('Period').selectOption('Last 7 days');
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('Changes are against').waitFor();
  const asked = new URL(page.url()).searchParams;
  assert.deepEqual(Object.fromEntries(asked), { token, period: 'last_7_days', tz: 'Asia/Tokyo' });
  await page.getByText('All times are those of Asia/Tokyo.').waitFor();
  await behaves(opened);
});

test('the reader’s own time zone is chosen, once, and can be changed', async (t) => {
  const opened = await openReport(t, { timezoneId: 'America/New_York' });
  const { page } = opened;
  await page.getByText('All times are those of America/New_York.').waitFor();
  assert.equal(await page.evaluate(() => history.length), 2, 'the way back leads out, not into a circle');
  const select = page.getByLabel('Time zone');
  assert.equal(await select.inputValue(), 'America/New_York');
  assert.ok((await select.locator('option').count()) > 300, 'every zone that the browser knows');

  await select.selectOption('Antarctica/Troll');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('All times are those of Antarctica/Troll.').waitFor();
  assert.equal(await page.getByLabel('Time zone').inputValue(), 'Antarctica/Troll');
  await behaves(opened);
});

test('values are told under the pointer, by the keyboard and by a finger', async (t) => {
  const opened = await openReport(t, {});
  const { page } = opened;
  const told = page.locator('[data-chart=views] .told');
  const slider = page.getByRole('slider', { name: 'Views by day' });

  const box = await slider.locator('.plot').boundingBox();
  await slider.hover({ position: { x: box.width * 0.5, y: 120 } });
  assert.match(await told.textContent(), /March 2026\nViews: \d+/);
  await screenshot(page, 'report-hover');

  await slider.focus();
  await page.keyboard.press('Home');
  assert.match(await told.textContent(), /^Sunday 1 March 2026/);
  await page.keyboard.press('ArrowRight');
  assert.match(await told.textContent(), /^Monday 2 March 2026/);
  assert.match(await slider.getAttribute('aria-valuetext'), /^Monday 2 March 2026; Views: \d+/);
  await page.keyboard.press('Escape');
  await told.waitFor({ state: 'hidden' });
  await behaves(opened);

  const touched = await openReport(t, phone);
  await touched.page.locator('[data-chart=views] .plot').tap({ position: { x: 100, y: 100 } });
  assert.match(await touched.page.locator('[data-chart=views] .told').textContent(), /Views: \d+/);
  await behaves(touched);
});

const refused = {
  'an absent token': [400, '/partner-stats/act_abc123xyz', 'This link is not complete'],
  'an unknown activation': [404, `/partner-stats/act_none?token=${token}`, 'There is no report here'],
  'a wrong token': [403, `${report}x`, 'This link does not open the report'],
  'an unknown time zone': [400, `${report}&tz=Mars/Olympus`, 'This view of the report does not exist'],
};
for (const [name, [status, path, title]] of Object.entries(refused)) {
  test(`${name} gets a kind page and ${status}`, async (t) => {
    const answer = await fetch(origin + path);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(answer.headers.get('x-robots-tag'), 'noindex');
    assert.equal(answer.headers.get('cache-control'), 'private, no-store');

    const opened = await openReport(t, {}, path);
    await opened.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await check(opened.page);
    await behaves(opened, [`error: Failed to load resource: the server responded with a status of ${status} (${answer.statusText})`]);
    await screenshot(opened.page, `report-refused-${status}`);
  });
}

test('a view that does not exist leads back to the report', async (t) => {
  const { page } = await openReport(t, { timezoneId: 'America/New_York' }, `${report}&tz=Mars/Olympus`);
  await page.getByRole('button', { name: 'Open the report' }).click();
  await page.getByRole('heading', { name: 'Jazz Night at Le Sunset' }).waitFor();
});

for (const period of ['whole', 'last_7_days']) {
  test(`it prints on one sheet of A4, ${period}`, async (t) => {
    const { page } = await openReport(t, {}, `${report}&period=${period}`);
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1);
    assert.match(pdf, /\/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 700, height: 1000 });
    await screenshot(page, `report-print-${period}`);
  });
}
