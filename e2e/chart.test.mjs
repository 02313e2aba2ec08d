// What the Playground recognises in an answer: by types, so that aliases, fragments and nesting do not matter.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { bundled } from './bundle.mjs';
import { ask, rest } from './gateway.mjs';
import { schemaFile } from './generated.mjs';

let chart;
let schema;
let definitions;
before(async () => {
  chart = await bundled(
    'chart',
    `export { buildSchema, parse } from 'graphql';
     export * from './chart/live'; export * from './chart/numbers'; export * from './chart/numbers-of'; export * from './chart/recognise';
     export * from './chart/selection'; export * from './chart/views'; export * from './chart/time';
     export * from './playground/fetcher'; export * from './playground/rest-path'; export * from './playground/share';`,
  );
  schema = chart.buildSchema(readFileSync(schemaFile, 'utf8'));
  const query = '{ metricDefinitions { type name unit additive aggregate actions } }';
  definitions = chart.byCoordinate((await ask(query)).metricDefinitions);
});

const operation = (query, variables = {}) => new chart.Operation(schema, chart.parse(query), undefined, variables);

/** The charts of what the gateway answers. */
async function charts(query, variables) {
  const data = await ask(query, variables);
  return { data, found: chart.recognise(operation(query, variables), definitions, data) };
}

const id = 'activationId: "act_abc123xyz"';

test('a time series is a curve, whatever its fields are called', async () => {
  const { data, found } = await charts(`{
    a: activation(${id}) { n: eventName s: timeSeries(interval: WEEK, timeZone: "Asia/Kolkata") { p: points { ...P } } }
  } fragment P on ActivationPoint { from: start part: partial m: metrics { ... { clicks: clickCount } rate: outboundSessionRate } }`);
  assert.equal(found.length, 1);
  const [{ kind, title, measures, curves, timeZone }] = found;
  assert.deepEqual([kind, title, timeZone], ['series', `${data.a.n}: S`, 'Asia/Kolkata']);
  assert.deepEqual(measures.map(({ id, unit }) => [id, unit]), [['m.clicks', 'COUNT'], ['m.rate', 'PERCENT']]);
  assert.deepEqual(curves[0].points.map(({ values }) => values['m.clicks']), data.a.s.p.map(({ m }) => m.clicks));
  assert.equal(new Date(curves[0].points[1].at).toISOString(), `${data.a.s.p[1].from.slice(0, 19)}.000Z`, 'on the wall clock');
});

test('a leaderboard is bars, with what was before behind them', async () => {
  const { data, found } = await charts(`{
    partnerLeaderboard(range: { period: LAST_90_DAYS }, first: 3) {
      edges { rank node { name } engagement { totalSessions uniqueUsers previous { totalSessions } change { uniqueUsers { absolute } } } }
    }
  }`);
  const [ranking] = found;
  assert.equal(ranking.kind, 'bars');
  assert.deepEqual(ranking.measures.map(({ label }) => label), ['Total sessions', 'Unique users'], 'a rank is no measure');
  for (const [index, { node, engagement }] of data.partnerLeaderboard.edges.entries()) {
    const bar = ranking.bars[index];
    assert.deepEqual(bar.names, [node.name]);
    assert.deepEqual(bar.previous, {
      'engagement.totalSessions': engagement.previous.totalSessions,
      'engagement.uniqueUsers': engagement.uniqueUsers - engagement.change.uniqueUsers.absolute,
    });
  }
});

test('series of several nouns are curves of one chart', async () => {
  const { data, found } = await charts(`{
    partnerLeaderboard(first: 3) { nodes { name timeSeries(interval: MONTH) { points { start engagement { totalSessions } } } } }
  }`);
  assert.equal(found.length, 1);
  assert.deepEqual(found[0].curves.map(({ name }) => name), data.partnerLeaderboard.nodes.map(({ name }) => name));
});

test('a breakdown has its rows and the rest, in all and over time', async () => {
  const { data, found } = await charts(`{ activation(${id}) { breakdown(by: [SOURCE], first: 2) {
    rows { values metrics { clickCount } timeSeries(interval: DAY) { points { start metrics { clickCount } } } }
    rest: other { clickCount }
    otherTimeSeries(interval: DAY) { points { start metrics { clickCount } } }
  } } }`);
  const { rows, rest: remainder } = data.activation.breakdown;
  const [over, inAll] = found;
  assert.deepEqual([over.kind, over.parts, inAll.kind, inAll.parts], ['series', true, 'bars', true]);
  const names = [...rows.map(({ values }) => values[0] ?? '(none)'), 'Other'];
  assert.deepEqual(over.curves.map(({ name }) => name), names);
  assert.deepEqual(inAll.bars.map(({ names }) => names[0]), names);
  const counts = [...rows.map(({ metrics }) => metrics.clickCount), remainder.clickCount];
  assert.deepEqual(inAll.bars.map(({ values }) => values['metrics.clickCount']), counts);
  const summed = over.curves.map(({ points }) => points.reduce((sum, { values }) => sum + values['metrics.clickCount'], 0));
  assert.deepEqual(summed, counts, 'what is drawn over time adds up to what is drawn in all');
});

test('a list of instants with numbers is a curve, without a definition too', async () => {
  const { demo } = await rest('/config.json');
  const query = 'query ($key: String!) { campaign(campaignKey: $key) { title audience(points: 20) { stepSeconds points { at viewers } } } }';
  const { data, found } = await charts(query, { key: demo.campaignKey });
  const { title, audience } = data.campaign;
  assert.ok(audience.points.length > 0);
  assert.deepEqual(found.map(({ kind, curves }) => [kind, curves[0].points.map(({ values }) => values.viewers)]), [
    ['series', audience.points.map(({ viewers }) => viewers)],
  ]);
  assert.equal(found[0].title, title);
});

test('sessions of several actions are a funnel, other measures stand side by side', async () => {
  const { data, found } = await charts(`{ activation(${id}) { metrics { uniqueCalendarSessionCount uniqueViewSessionCount clickCount } }
    campaigns(first: 1) { nodes { metrics { likes chats averageLikes } } } }`);
  const [funnel, side] = found;
  const { metrics } = data.activation;
  assert.equal(funnel.kind, 'funnel');
  assert.deepEqual(funnel.steps.map(({ value }) => value), [metrics.uniqueViewSessionCount, metrics.uniqueCalendarSessionCount]);
  assert.equal(side.kind, 'bars');
});

test('an interface’s objects are recognised by their fragments', async () => {
  const { activation } = await ask(`{ activation(${id}) { id } }`);
  const { found } = await charts(`query ($id: ID!) { node(id: $id) { ... on Activation { eventName timeSeries(interval: MONTH) {
    points { start metrics { clickCount } } } } } }`, { id: activation.id });
  assert.equal(found[0].kind, 'series');
});

test('what has no measures has no chart', async () => {
  const { found } = await charts('{ activations(first: 2) { nodes { eventName tier startAt } } partnerLeaderboard { totalCount } }');
  assert.deepEqual(found, []);
});

test('a subscription’s values become curves as they arrive', () => {
  const query = 'subscription { campaignLive(campaignKey: "x") { at viewersNow metrics { likes } } }';
  const heard = [3, 5].map((viewersNow, second) => ({
    at: 0,
    data: { campaignLive: { at: `2026-11-21T07:00:0${second}Z`, viewersNow, metrics: { likes: 2 * viewersNow } } },
  }));
  const [moving] = chart.recogniseLive(operation(query), definitions, heard);
  assert.equal(moving.kind, 'series');
  assert.deepEqual(moving.curves[0].points.map(({ values }) => values), [
    { viewersNow: 3, 'metrics.likes': 6 },
    { viewersNow: 5, 'metrics.likes': 10 },
  ]);
  assert.equal(moving.curves[0].points[1].start, '2026-11-21T07:00:01.000Z');
});

test('counts beside an axis are whole and short', () => {
  for (const [count, want] of [[0, '0'], [0.5, ''], [9999, '9,999'], [10_000, '10k'], [12_500, '12.5k'], [2_500_000, '2.5M'], [9e15, '9,000T']]) {
    assert.equal(chart.countTick(count), want);
  }
});

test('percentages are written in one way, and do not break', () => {
  assert.equal(chart.percentage(34.44), '34.4\u00a0%');
  assert.equal(chart.percentage(1250), '1,250\u00a0%');
});

test('tables keep formulas and commas from doing harm', () => {
  const csv = chart.csvOf({ columns: ['Name', 'Likes'], rows: [['=1+1', 2], ['\n=1+1', 1], ['a,"b"', null]] });
  assert.equal(csv, `Name,Likes\r\n'=1+1,2\r\n"'\n=1+1",1\r\n"a,""b""",\r\n`);
});

test('a REST path is named only where one answers', () => {
  const path = (query, variables = {}) => chart.restPathOf({ query, variables }, 'a1b2c3d4');
  assert.match(path('{ campaign(campaignKey: "x") { title } }').none, /no path for campaign/);
  assert.match(path('{ partnerLeaderboard(where: []) { totalCount } }').none, /no where/);
  assert.match(path('subscription { leaderboardLive { totalCount } }').none, /queries/);
  const filter = '{ partnerType: REFERRAL, tierUuids: ["7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10"] }';
  assert.equal(
    path(`query ($n: Int = 7) { partnerLeaderboard(range: { dates: { startDate: "2026-01-01", endDate: "2026-01-31" } }, filter: ${filter}, first: $n) { totalCount } }`).path,
    '/v1/analytics/engagement/partners?start_date=2026-01-01&end_date=2026-01-31&partner_type=referral&tier_uuids=7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10&limit=7',
  );
  assert.equal(
    path('query ($s: InstantRangeInput) { campaigns(scheduled: $s) { nodes { title } } }', { s: { start: '2026-11-14T01:00:00+01:00', end: '2026-11-21T00:00:00Z' } }).path,
    '/v2/a1b2c3d4/campaign/stats?from=2026-11-14T00:00:00Z&to=2026-11-21T00:00:00Z',
  );
});

test('a link brings back what it was made from', () => {
  const request = { query: 'query A($x: Int) { a } # & # +%20 é', variables: { x: 1 }, operationName: 'A' };
  const shared = chart.sharedIn(new URL(chart.linkTo(request, 'http://127.0.0.1')).hash);
  assert.equal(shared.query, request.query);
  assert.deepEqual(JSON.parse(shared.variables), request.variables);
});

test('a query runs by the name that it has, whatever the editor last knew', () => {
  const two = 'query A { a } query B { b }';
  for (const [query, named, want] of [
    ['query B { b }', 'A', 'B'],
    ['query B { b }', undefined, 'B'],
    ['{ b }', 'A', undefined],
    [two, 'B', 'B'],
    [two, 'C', 'C'],
    ['query {', 'A', 'A'],
  ]) {
    assert.equal(chart.nameIn(query, named), want, `${query} as ${named}`);
  }
});
