import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { check } from './axe.mjs';
import { launch, open, origin, screenshot } from './browser.mjs';
import { ask, endpoint, headers, rest } from './gateway.mjs';
import { namesOf, ranked } from './ranked.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const desk = { viewport: { width: 1280, height: 900 } };
const day = 24 * 3600 * 1000;
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

async function openPage(t, search = '', options = desk) {
  const opened = await open(browser, `/leaderboard${search}`, options);
  t.after(opened.close);
  const { page } = opened;
  const table = page.getByRole('table', { name: 'Partners by engagement' });
  await table.waitFor();
  /** Does what asks for other rows, and waits until they are there. */
  const act = async (doing) => {
    const answered = page.waitForResponse((response) => response.request().postData()?.startsWith('{"query":"query Ranking') ?? false);
    await doing();
    await answered;
    await page.locator('table.ranking[aria-busy="false"]').waitFor();
  };
  return { ...opened, table, act, names: () => table.getByRole('rowheader').getByRole('link').allTextContents() };
}

const queryIs = async (page, search) => {
  await page.waitForFunction((wanted) => location.search === wanted, search).catch(() => {});
  assert.equal(await page.evaluate(() => location.search), search);
};
const scorecard = (page) => page.getByRole('dialog');
const keyInput = (page) => page.getByLabel('API key');
const combobox = (page, name) => page.getByRole('combobox', { name, exact: true });

for (const colorScheme of ['light', 'dark']) {
  test(`the ranking is the API's, in ${colorScheme}`, async (t) => {
    const { page, seen, table, names } = await openPage(t, '', { ...desk, colorScheme });
    const expected = await ranked();
    assert.deepEqual(await names(), namesOf(expected));

    const { rank, node, engagement } = expected.edges[0];
    const cells = await table.getByRole('row').nth(1).getByRole('cell').allTextContents();
    assert.equal(cells[0], String(rank));
    const whole = (n) => n.toLocaleString('en');
    for (const [i, measure] of ['totalSessions', 'totalPageViews', 'uniqueUsers'].entries()) {
      assert.ok(cells[2 + i].startsWith(whole(engagement[measure])), `${measure} of ${node.name}: ${cells[2 + i]}`);
    }
    const summary = await page.getByRole('main').getByRole('status').textContent();
    assert.match(summary, new RegExp(`^${whole(expected.totalCount)} partners, 1 Jan – 31 Dec \\d{4} \\(Europe/Paris\\); this period is not over`));

    await check(page);
    await screenshot(page, `leaderboard-${colorScheme}`);
    await page.getByRole('link', { name: node.name }).click();
    await scorecard(page).locator('.chart svg').waitFor();
    await check(page);
    await screenshot(page, `leaderboard-scorecard-${colorScheme}`);

    assert.deepEqual([...seen.hosts], [new URL(origin).host], 'no other host is asked for anything');
    assert.deepEqual(seen.problems, []);
  });
}

test('period, filters and order change the ranking and the URL; reload and Back restore', async (t) => {
  const { page, seen, act, names } = await openPage(t);
  const steps = [
    {
      doing: () => combobox(page, 'Period').selectOption('Last 90 days'),
      search: '?period=last_90_days',
      variables: { range: { period: 'LAST_90_DAYS' } },
    },
    {
      doing: () => combobox(page, 'Partner type').selectOption('Referral'),
      search: '?period=last_90_days&partner_type=referral',
      variables: { range: { period: 'LAST_90_DAYS' }, filter: { partnerType: 'REFERRAL' } },
    },
    {
      doing: () => page.getByRole('button', { name: 'Partner', exact: true }).click(),
      search: '?period=last_90_days&partner_type=referral&order_by=name',
      variables: { range: { period: 'LAST_90_DAYS' }, filter: { partnerType: 'REFERRAL' }, orderBy: { field: 'NAME', direction: 'ASC' } },
    },
    {
      doing: () => page.getByRole('button', { name: 'Partner', exact: true }).click(),
      search: '?period=last_90_days&partner_type=referral&order_by=name&order=desc',
      variables: { range: { period: 'LAST_90_DAYS' }, filter: { partnerType: 'REFERRAL' }, orderBy: { field: 'NAME', direction: 'DESC' } },
    },
  ];
  for (const { doing, search, variables } of steps) {
    await act(doing);
    await queryIs(page, search);
    assert.deepEqual(await names(), namesOf(await ranked(variables)), search);
  }
  assert.equal(await page.getByRole('columnheader', { name: 'Partner' }).getAttribute('aria-sort'), 'descending');

  await act(() => page.reload());
  assert.deepEqual(await names(), namesOf(await ranked(steps[3].variables)), 'reloaded');
  assert.equal(await combobox(page, 'Partner type').inputValue(), 'REFERRAL');

  await act(() => page.goBack());
  await act(() => page.goBack());
  await queryIs(page, steps[1].search);
  assert.deepEqual(await names(), namesOf(await ranked(steps[1].variables)), 'two steps back');
  assert.deepEqual(seen.problems, []);
});

test('rows that could not be sorted again keep the order that their header says', async (t) => {
  const { page, names } = await openPage(t);
  const before = await names();
  const header = page.getByRole('columnheader', { name: 'Sessions ', exact: false }).filter({ has: page.getByRole('button') });
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  await page.route('**/graphql', (route) => route.abort());
  await header.getByRole('button').click();
  await page.getByRole('alert').first().waitFor();
  assert.deepEqual(await names(), before);
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
});

test('several groups are any of them', async (t) => {
  const { page, act, names } = await openPage(t);
  const tiers = new Map((await ranked({ first: 1000 })).edges.flatMap(({ node: { tier } }) => (tier ? [[tier.uuid, tier.name]] : [])));
  const chosen = [...tiers].slice(0, 2);
  await page.getByText('Tier', { exact: true }).locator('..').locator('summary').click();
  for (const [, name] of chosen) await act(() => page.locator('details[open] label').getByText(name, { exact: true }).click());

  const tierUuids = chosen.map(([uuid]) => uuid);
  await queryIs(page, `?tier_uuids=${tierUuids.join(',')}`);
  assert.deepEqual(await names(), namesOf(await ranked({ filter: { tierUuids } })));

  await page.keyboard.press('Escape');
  await page.getByRole('checkbox').first().waitFor({ state: 'hidden' });
  await act(() => page.getByRole('button', { name: 'Clear filters' }).click());
  await queryIs(page, '');
});

test('custom dates are both inclusive, in the time zone chosen, and wrong ones are not asked for', async (t) => {
  const { page, act, names } = await openPage(t);
  await combobox(page, 'Period').selectOption('Custom dates…');
  await page.getByLabel('First day').fill('2026-05-20');
  await page.getByLabel('Last day').fill('2026-05-01');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('The first day is after the last.').waitFor();
  await queryIs(page, '');

  await page.getByLabel('Last day').fill('2026-05-20');
  await act(() => page.getByRole('button', { name: 'Apply' }).click());
  await act(() => combobox(page, 'Time zone').selectOption('Asia/Tokyo'));
  await queryIs(page, '?start_date=2026-05-20&end_date=2026-05-20&time_zone=Asia/Tokyo');
  const dates = { startDate: '2026-05-20', endDate: '2026-05-20' };
  assert.deepEqual(await names(), namesOf(await ranked({ range: { dates }, timeZone: 'Asia/Tokyo' })));
  await page.getByText('20 May 2026 (Asia/Tokyo). Compared with 19 May 2026.').waitFor();
});

test('a period that has not begun is called so and compared with nothing', async (t) => {
  const dates = { start: new Date(Date.now() + 10 * day).toISOString().slice(0, 10), end: new Date(Date.now() + 20 * day).toISOString().slice(0, 10) };
  for (const compare of ['same_elapsed', 'previous_year']) {
    const { page, table, seen } = await openPage(t, `?start_date=${dates.start}&end_date=${dates.end}&compare=${compare}`);
    const summary = await page.getByRole('main').getByRole('status').textContent();
    assert.match(summary, / \(Europe\/Paris\); this period has not begun\.$/);
    assert.equal(await table.locator('.delta').count(), 0);

    await table.getByRole('rowheader').getByRole('link').first().click();
    await scorecard(page).getByText(/, Europe\/Paris; not begun\.$/).waitFor();
    assert.equal(await scorecard(page).locator('.delta, .chart').count(), 0);
    assert.equal(await page.getByRole('alert').count(), 0);
    assert.deepEqual(seen.problems, []);
  }
});

test('more rows follow those that are there', async (t) => {
  const { page, act, names } = await openPage(t, '?rows=8');
  const { totalCount } = await ranked();
  assert.equal((await names()).length, 8);
  await page.getByText(`8 of ${totalCount} shown`).waitFor();
  await act(() => page.getByRole('button', { name: 'Show more' }).click());
  await queryIs(page, '?rows=33');
  const expected = namesOf(await ranked({ first: 33 }));
  assert.deepEqual(await names(), expected);
  await act(() => page.reload());
  assert.deepEqual(await names(), expected);
});

test('what the URL says that nobody knows is ignored', async (t) => {
  const { names, page } = await openPage(t, '?period=tomorrow&order_by=luck&partner=x&rows=-1&time_zone=Moon/Sea&tier_uuids=1,2');
  assert.deepEqual(await names(), namesOf(await ranked()));
  assert.equal(await scorecard(page).count(), 0);
});

test('dates of a link that cannot be used are called so, and no other period is shown', async (t) => {
  const { page, act, names } = await openPage(t, '?start_date=2026-05-01&end_date=2026-05-20');
  const partner = (await ranked()).edges[0].node.uuid;
  let asked = 0;
  page.on('request', (request) => (asked += /query (Ranking|Scorecard)/.test(request.postData())));
  for (const [dates, says] of [
    ['start_date=2026-03-30&end_date=2026-03-01', 'The first day is after the last.'],
    ['start_date=1899-03-01&end_date=2026-03-01', 'The days must be between 1900 and 2199.'],
    ['start_date=2026-02-30&end_date=2026-03-01', 'There is no 2026-02-30: give another first day.'],
    ['start_date=2026-02-01&end_date=2026-04-31', 'There is no 2026-04-31: give another last day.'],
    ['start_date=2026-02-30&end_date=soon', 'There is no 2026-02-30: give another first day. The last day is no date such as 2026-03-31.'],
    ['end_date=2026-03-01', 'Give both days, such as 2026-03-31.'],
  ]) {
    await page.goto(`${origin}/leaderboard?${dates}&partner=${partner}`);
    await page.getByRole('alert').getByText(says).waitFor();
    await combobox(page, 'Compared with').selectOption('A year before');
    assert.equal(await page.getByRole('table').count(), 0);
    assert.equal(await scorecard(page).count(), 0);
  }
  assert.equal(asked, 0);
  await check(page);
  await page.getByLabel('First day').fill('2026-02-01');
  await act(() => page.getByRole('button', { name: 'Apply' }).click());
  const range = { dates: { startDate: '2026-02-01', endDate: '2026-03-01' } };
  await page.keyboard.press('Escape');
  assert.deepEqual(await names(), namesOf(await ranked({ range })));
});

test('a scorecard opens by mouse and keyboard, is in the URL, and gives the focus back', async (t) => {
  const { page, seen, table } = await openPage(t, '?period=last_90_days');
  const { edges } = await ranked({ range: { period: 'LAST_90_DAYS' } });
  const { node, engagement } = edges[1];
  const link = page.getByRole('link', { name: node.name, exact: true });

  await table.getByRole('row').nth(2).getByRole('cell').nth(2).click();
  const sheet = scorecard(page);
  await sheet.getByRole('heading', { name: node.name }).waitFor();
  await queryIs(page, `?period=last_90_days&partner=${node.uuid}`);
  await sheet.locator('.card', { hasText: 'Sessions' }).getByText(engagement.totalSessions.toLocaleString('en'), { exact: true }).waitFor();
  const said = await sheet.innerText();
  assert.match(said, /\([+−][\d,.]+\u00a0%\)/);
  assert.doesNotMatch(said, /\d%/);
  const { metricDefinitions } = await ask('{ metricDefinitions(type: "PartnerEngagement") { definition } }');
  for (const { definition } of metricDefinitions) await sheet.getByText(definition.replaceAll('`', '')).waitFor({ state: 'attached' });

  const path = await sheet.locator('.copy code').textContent();
  assert.equal(path, `/v1/analytics/engagement/partners?period=last_90_days&partner_uuids=${node.uuid}`);
  assert.deepEqual((await rest(path)).map(({ name, total_sessions }) => [name, total_sessions]), [[node.name, engagement.totalSessions]]);

  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await queryIs(page, '?period=last_90_days');
  assert.ok(await link.evaluate((element) => element === document.activeElement), 'the focus is back');

  await page.keyboard.press('Enter');
  await sheet.getByRole('heading', { name: node.name }).waitFor();
  await page.reload();
  await sheet.getByRole('heading', { name: node.name }).waitFor();
  await sheet.getByRole('button', { name: 'Close' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.goBack();
  await sheet.getByRole('heading', { name: node.name }).waitFor();
  assert.deepEqual(seen.problems, []);
});

test('the chart has axes, the earlier period, and values under the pointer', async (t) => {
  const { page } = await openPage(t, '?period=last_30_days');
  await page.getByRole('link', { name: (await ranked()).edges[0].node.name }).click();
  const chart = scorecard(page).locator('.chart');
  await chart.locator('svg').getByText('Sessions (count)').waitFor();
  await chart.locator('svg').getByText('Start of the day, Europe/Paris').waitFor();
  assert.ok((await chart.locator('[aria-label="line"]').count()) >= 2, 'two lines');
  await chart.hover();
  await chart.locator('[aria-label="tip"]').getByText(/\d{4}: \d+/).first().waitFor();

  await scorecard(page).getByRole('button', { name: 'Average duration' }).click();
  await chart.locator('svg').getByText('Average duration').waitFor();
  await scorecard(page).getByText('As a table').click();
  assert.equal(await scorecard(page).getByRole('region', { name: 'The series as a table' }).getByRole('rowheader').count(), 30);
});

test('the CSV is the API’s answer for all partners', async (t) => {
  const { page } = await openPage(t, '?period=last_12_months&partner_type=referral&order_by=unique_users&rows=3');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^leaderboard-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
  const text = readFileSync(await download.path(), 'utf8');

  const variables = {
    range: { period: 'LAST_12_MONTHS' },
    filter: { partnerType: 'REFERRAL' },
    orderBy: { field: 'UNIQUE_USERS' },
    comparison: 'SAME_ELAPSED',
    first: 1000,
  };
  const document = readFileSync(join(import.meta.dirname, '../web/src/leaderboard/table.graphql'), 'utf8');
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/csv' },
    body: JSON.stringify({ query: document, variables }),
  });
  assert.equal(text, await answer.text());
  assert.equal(text.trim().split('\n').length, 1 + (await ranked(variables)).totalCount);
});

test('without a key the page says what it needs, and takes one', async (t) => {
  const { page } = await openPage(t);
  const key = await keyInput(page).inputValue();
  await page.route('**/config.json', (route) => route.fulfill({ json: { demo: null } }));
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await page.getByText('The ranking needs an API key').waitFor();
  assert.equal(await page.getByRole('table').count(), 0);
  await check(page);

  await keyInput(page).fill(key);
  await keyInput(page).press('Enter');
  await page.getByRole('table').waitFor();
  const kept = await page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage }, cookies: document.cookie }));
  assert.equal(kept.session['footfall.key'], key);
  assert.ok(![page.url(), kept.cookies, JSON.stringify(kept.local)].join().includes(key));
});

test('a key that is refused is called so, and so is one that may not', async (t) => {
  const { page } = await openPage(t, '?period=last_month');
  const good = await keyInput(page).inputValue();
  const { demo } = await (await fetch(`${origin}/config.json`)).json();
  for (const [key, says] of [
    ['not-a-key', 'This key is not accepted'],
    [demo.token, 'it needs the scope analytics:read'],
  ]) {
    await keyInput(page).fill(key);
    await keyInput(page).press('Enter');
    await page.getByRole('alert').getByText(says).waitFor();
  }
  await check(page);
  await keyInput(page).fill(good);
  await keyInput(page).press('Enter');
  await page.getByRole('table').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await queryIs(page, '?period=last_month');
});

test('while the server is away or has enough, rows stay and asking again works', async (t) => {
  const { page, act, names } = await openPage(t);
  const shown = await names();
  const failures = [
    [(route) => route.abort(), 'The gateway cannot be reached'],
    [(route) => route.fulfill({ status: 503, body: 'Bad gateway' }), 'The database is out of reach'],
    [(route) => route.fulfill({ status: 429, json: { errors: [{ message: 'x', extensions: { code: 'RATE_LIMITED' } }] } }), 'Wait a moment'],
  ];
  let fail;
  await page.route('**/graphql', (route) => fail(route));
  for (const [i, [failure, says]] of failures.entries()) {
    fail = failure;
    if (i === 0) await combobox(page, 'Period').selectOption('Last month');
    else await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText(says).waitFor();
    assert.deepEqual(await names(), shown, says);
    assert.ok(await page.getByRole('button', { name: 'Download CSV' }).isDisabled(), 'what is shown is not what would be saved');
  }
  await page.unroute('**/graphql');
  await act(() => page.getByRole('button', { name: 'Try again' }).click());
  assert.deepEqual(await names(), namesOf(await ranked({ range: { period: 'LAST_MONTH' } })));
  assert.equal(await page.getByRole('alert').count(), 0);
});

test('what nobody answered is asked again when the network is back', async (t) => {
  const { page, names } = await openPage(t);
  const alert = page.getByRole('alert').getByText('The gateway cannot be reached');
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Download CSV' }).click();
  await alert.waitFor();
  await page.context().setOffline(false);
  await alert.waitFor({ state: 'detached' });

  await page.context().setOffline(true);
  await combobox(page, 'Period').selectOption('Last month');
  await alert.waitFor();
  await page.context().setOffline(false);
  await alert.waitFor({ state: 'detached' });
  await page.locator('table.ranking[aria-busy="false"]').waitFor();
  assert.deepEqual(await names(), namesOf(await ranked({ range: { period: 'LAST_MONTH' } })));
});

test('paper has the title, the period and the ranking, or the scorecard that is open', async (t) => {
  const { page, table } = await openPage(t, '?partner_type=referral', { viewport: { width: 703, height: 1000 }, colorScheme: 'dark' }); // as wide as A4
  await page.emulateMedia({ media: 'print' });
  const heading = page.getByRole('heading', { name: 'Partner leaderboard' });
  for (const shown of [heading, page.getByText(/, 1 Jan – 31 Dec/), page.getByText('Only partner type Referral.'), table, table.getByRole('columnheader', { name: 'Page views' })]) {
    assert.ok(await shown.isVisible(), String(shown));
  }
  for (const hidden of [page.getByRole('banner'), page.getByRole('search'), page.locator('button:not(th *)')]) {
    assert.equal(await hidden.filter({ visible: true }).count(), 0, String(hidden));
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 703, `the page is ${width} pixels wide`);
  await screenshot(page, 'leaderboard-print');

  await page.emulateMedia({ media: 'screen' });
  await page.getByRole('rowheader').first().getByRole('link').click();
  await scorecard(page).locator('.chart svg').waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.ok(await scorecard(page).isVisible());
  assert.ok(!(await table.isVisible()));
  await screenshot(page, 'leaderboard-scorecard-print');
});

test('a phone shows cards and a sheet, nothing sideways', async (t) => {
  const { page, seen } = await openPage(t, '', phone);
  const fits = async (what) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.viewport.width, `${what} is ${width} pixels wide`);
  };
  await fits('the page');
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  await combobox(page, 'Partner type').waitFor();
  await fits('the page with its filters');
  await check(page);
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  await screenshot(page, 'leaderboard-phone');

  await page.getByRole('rowheader').first().getByRole('link').click();
  await scorecard(page).locator('.chart svg').waitFor();
  const sheet = await scorecard(page).evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  assert.ok(sheet.scrollWidth <= sheet.clientWidth, `the scorecard is ${sheet.scrollWidth} in ${sheet.clientWidth} pixels`);
  await check(page);
  await screenshot(page, 'leaderboard-scorecard-phone');
  assert.deepEqual(seen.problems, []);
});

test('a name that is one long word breaks', async (t) => {
  const name = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
  const cut = (locator) => locator.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  for (const options of [desk, phone]) {
    const { page } = await openPage(t, '', options);
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      for (const { node } of json.data.partnerLeaderboard?.edges ?? []) node.name = name;
      if (json.data.partner) json.data.partner.name = name;
      await route.fulfill({ response, json });
    });
    await page.reload();
    const link = page.getByRole('link', { name }).first();
    await link.waitFor();
    assert.equal(await cut(page.locator('html')), false, 'the page');
    await link.click();
    await scorecard(page).getByRole('heading', { name }).waitFor();
    assert.equal(await cut(scorecard(page)), false, 'the scorecard');
  }
});
