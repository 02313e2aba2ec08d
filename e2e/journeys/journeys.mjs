// The four user journeys and what must hold of them. A client under test is a function
// execute(operationName, variables) that answers the operation's data.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kind, parse } from 'graphql';

const folder = import.meta.dirname;
const day = 24 * 60 * 60 * 1000;

export const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));

/** Every operation of the journeys by name, each a document of its own. */
export const operations = Object.fromEntries(
  files
    .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')).definitions)
    .map((definition) => [definition.name.value, { kind: Kind.DOCUMENT, definitions: [definition] }]),
);

export const example = {
  activationId: 'act_abc123xyz',
  week: { dates: { startDate: '2026-03-16', endDate: '2026-03-22' } },
};

export const lastQuarter = { period: 'LAST_90_DAYS' };

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

/** Says that points follow each other without a gap. */
function assertGapless(points) {
  assert.ok(points.length > 0, 'the series has points');
  points.slice(1).forEach((point, i) => assert.equal(point.start, points[i].end));
}

export async function report(execute) {
  const { activation } = await execute('ActivationReportQuery', example);
  const { metrics, week, timeSeries } = activation;
  assert.equal(activation.eventName, 'Jazz Night at Le Sunset');
  assert.equal(metrics.clickCount, 1250);
  assert.equal(metrics.outboundSessionRate, 34.4);

  assert.equal(week.previous.range.end, week.range.start);
  assertGapless(timeSeries.points);
  assert.equal(sum(timeSeries.points.map((point) => point.metrics.clickCount)), metrics.clickCount);
  for (const { range, clickCount, uniqueSessionCount } of [week, week.previous]) {
    const point = timeSeries.points.find(({ start }) => start === range.start);
    assert.deepEqual({ ...point.metrics }, { ...point.metrics, clickCount, uniqueSessionCount });
  }
  return activation;
}

/** Every edge of the leaderboard, in order, page by page. */
export async function leaderboard(execute, first = 8) {
  const edges = [];
  let after = null;
  let page;
  do {
    ({ partnerLeaderboard: page } = await execute('PartnerLeaderboardQuery', { period: lastQuarter, first, after }));
    assert.ok(page.edges.length > 0 && page.edges.length <= first);
    assert.equal(page.pageInfo.startCursor, page.edges[0].cursor);
    assert.equal(page.pageInfo.endCursor, page.edges.at(-1).cursor);
    assert.equal(page.pageInfo.hasPreviousPage, after !== null);
    edges.push(...page.edges);
    after = page.pageInfo.endCursor;
  } while (page.pageInfo.hasNextPage);
  assertRanked(edges, page.totalCount);
  assert.ok(edges.length > first, 'more than one page');
  assert.ok(edges.some((edge) => edge.engagement.previous.totalSessions > 0), 'someone came in the period before');
  return edges;
}

/** Says that edges are a whole leaderboard: ranks 1 to n, no partner twice, order kept. */
export function assertRanked(edges, count) {
  assert.deepEqual(edges.map((edge) => edge.rank), Array.from({ length: count }, (_, i) => i + 1));
  assert.equal(new Set(edges.map((edge) => edge.node.id)).size, count);
  const sessions = edges.map((edge) => edge.engagement.totalSessions);
  assert.deepEqual(sessions, sessions.toSorted((a, b) => b - a));
}

export async function campaigns(execute) {
  const year = { start: instant(Date.now() - 365 * day), end: instant(Date.now()) };
  const latest = (await execute('CampaignsOfWeekQuery', { scheduled: year, first: 1 })).campaigns.edges[0].node;
  const end = Date.parse(latest.scheduledAt) + 1000;
  const scheduled = { start: instant(end - 7 * day), end: instant(end) };
  const week = (await execute('CampaignsOfWeekQuery', { scheduled, first: 100 })).campaigns;
  assert.equal(week.edges[0].node.id, latest.id, 'newest first');
  assert.equal(week.pageInfo.hasNextPage, false);

  const watched = week.edges.map((edge) => edge.node).find((node) => node.endedAt) ?? latest;
  const curve = { campaignKey: watched.campaignKey, interval: 'QUARTER_HOUR' };
  const { campaign } = await execute('CampaignsCurveQuery', curve);
  const points = campaign.timeSeries.points;
  assert.equal(campaign.id, watched.id);
  assertGapless(points);
  assert.equal(sum(points.map((point) => point.metrics.likes)), campaign.metrics.likes);
  assert.equal(Math.max(...points.map((point) => point.metrics.peakConcurrentViewers)), campaign.metrics.peakConcurrentViewers);
  return { scheduled, nodes: week.edges.map((edge) => edge.node) };
}

export async function recording(execute) {
  const name = `e2e-${randomUUID()}`;
  const start = Date.now() - 2 * day;
  const input = {
    activationId: name,
    eventKey: name,
    eventName: 'An evening of tests',
    tier: 'e2e',
    startAt: instant(start),
    endAt: instant(start + day),
  };
  const { createActivation } = await execute('RecordingCreateMutation', { input });
  assert.equal(createActivation.activation.status, 'ACTIVATED');
  assert.match(createActivation.token, /^tok_/);

  const actions = ['click', 'click', 'outbound_click', 'calendar_sync'];
  const events = actions.map((action, i) => ({
    id: `${name}-${i}`,
    action,
    event: name,
    session: `${name}-${i % 2}`,
    at: instant(start + (i + 1) * 1000),
  }));
  const recorded = await execute('RecordingEventsMutation', { events: [...events, events[0], { ...events[1], id: 'no', action: 'wave' }] });
  assert.equal(recorded.recordEvents.accepted, 4);
  assert.equal(recorded.recordEvents.duplicates, 1);
  assert.deepEqual(recorded.recordEvents.rejected.map(({ index }) => index), [5]);

  const { id } = createActivation.activation;
  const { node } = await execute('RecordingReadQuery', { id });
  assert.equal(node.__typename, 'Activation');
  assert.equal(node.activationId, name);
  const { clickCount, outboundClickCount, calendarSyncCount, uniqueSessionCount, outboundSessionRate } = node.metrics;
  assert.deepEqual([clickCount, outboundClickCount, calendarSyncCount, uniqueSessionCount, outboundSessionRate], [2, 1, 1, 2, 50]);

  const { deleteActivation } = await execute('RecordingDeleteMutation', { activationId: name });
  assert.equal(deleteActivation.deletedActivationId, id);
  assert.equal((await execute('RecordingReadQuery', { id })).node, null);
}

/** Makes a test of each journey. */
export function testJourneys(client, execute) {
  for (const journey of [report, leaderboard, campaigns, recording]) {
    test(`${client}: journey ${journey.name}`, () => journey(execute));
  }
}

function instant(milliseconds) {
  return new Date(milliseconds).toISOString();
}
