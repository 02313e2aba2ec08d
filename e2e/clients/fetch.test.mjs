import assert from 'node:assert/strict';
import { test } from 'node:test';
import { print } from 'graphql';
import { ask, rest } from '../gateway.mjs';
import { campaigns, leaderboard, operations, recording, report } from '../journeys/journeys.mjs';

const execute = (name, variables) => ask(print(operations[name]), variables, name);

test('fetch: the report is the one that the link in the e-mail opens', async () => {
  const activation = await report(execute);
  const { data } = await rest(`/api/partner-stats/${activation.activationId}?token=tok_secure_token_here`);
  assert.deepEqual(activation.metrics, data.metrics);
  for (const field of ['activationId', 'eventKey', 'eventName', 'tier']) assert.equal(activation[field], data[field]);
});

test('fetch: the leaderboard is the documented one, page by page', async () => {
  const edges = await leaderboard(execute);
  const rows = await rest('/v1/analytics/engagement/partners?period=last_90_days&limit=100');
  const same = edges.map(({ node, engagement }) => ({
    name: node.name,
    logo_uuid: node.logoUuid,
    partner_type: node.partnerType.toLowerCase(),
    unique_users: engagement.uniqueUsers,
    total_sessions: engagement.totalSessions,
    total_page_views: engagement.totalPageViews,
    avg_session_duration_seconds: engagement.avgSessionDurationSeconds ?? 0,
  }));
  assert.deepEqual(same, rows);
});

test('fetch: the campaigns of a week are the documented ones', async () => {
  const { scheduled, nodes } = await campaigns(execute);
  const seconds = (instant) => new Date(instant).toISOString().replace(/\.\d+/, '');
  const oneDecimal = (number) => Math.round(10 * number) / 10;
  const { start, end } = scheduled;
  const { results } = await rest(`/v2/${nodes[0].accessKey}/campaign/stats?from=${seconds(start)}&to=${seconds(end)}`);
  const same = nodes.map(({ id, status, metrics, scheduledAt, startedAt, endedAt, ...node }) => ({
    ...node,
    scheduledAt: seconds(scheduledAt),
    startedAt: startedAt && seconds(startedAt),
    endedAt: endedAt && seconds(endedAt),
    ...metrics,
    averageViewingTime: Math.round(metrics.averageViewingTime),
    averageLikes: Math.round(metrics.averageLikes),
    averageChats: oneDecimal(metrics.averageChats),
    averageProductClicks: oneDecimal(metrics.averageProductClicks),
  }));
  assert.deepEqual(same, results);
});

test('fetch: what is recorded is read back at once, and gone when it is deleted', () => recording(execute));
