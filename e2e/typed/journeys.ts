// The four journeys in types that GraphQL Code Generator made. Arguments: the endpoint and the Authorization header.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  ActivationReportQueryDocument,
  type ActivationReportQueryQuery,
  CampaignsCurveQueryDocument,
  CampaignsOfWeekQueryDocument,
  PartnerLeaderboardQueryDocument,
  type PartnerLeaderboardQueryQuery,
  RecordingCreateMutationDocument,
  RecordingDeleteMutationDocument,
  RecordingEventsMutationDocument,
  RecordingReadQueryDocument,
} from '../generated/typed/gql/graphql.js';

const [endpoint = '', authorization = ''] = process.argv.slice(2);

async function execute<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'cache-control': 'no-cache' },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
  assert.ok(data && !errors, JSON.stringify(errors));
  return data;
}

const week = { dates: { startDate: '2026-03-16', endDate: '2026-03-22' } };
const { activation } = await execute(ActivationReportQueryDocument, { activationId: 'act_abc123xyz', week });
assert.ok(activation);
const clicks: number = activation.metrics.clickCount;
const rate: number | null | undefined = activation.metrics.outboundSessionRate;
const weeks: ReadonlyArray<{ start: string; partial: boolean }> = activation.timeSeries.points;
assert.deepEqual([clicks, rate, weeks.length], [1250, 34.4, 6]);

let after: string | null = null;
let partners = 0;
let total: number;
do {
  const period = { period: 'LAST_90_DAYS' } as const;
  const { partnerLeaderboard }: PartnerLeaderboardQueryQuery = await execute(PartnerLeaderboardQueryDocument, { period, first: 8, after });
  total = partnerLeaderboard.totalCount;
  for (const edge of partnerLeaderboard.edges) assert.equal(edge.rank, ++partners);
  after = partnerLeaderboard.pageInfo.hasNextPage ? (partnerLeaderboard.pageInfo.endCursor ?? null) : null;
} while (after);
assert.equal(partners, total);

const scheduled = { start: '2000-01-01T00:00:00Z', end: new Date().toISOString() };
const { campaigns } = await execute(CampaignsOfWeekQueryDocument, { scheduled, first: 1 });
const campaignKey = campaigns.edges[0]?.node.campaignKey;
assert.ok(campaignKey);
const { campaign } = await execute(CampaignsCurveQueryDocument, { campaignKey, interval: 'HOUR' });
assert.ok(campaign && campaign.timeSeries.points.length > 0);

const activationId = `e2e-${randomUUID()}`;
const startAt = new Date(Date.now() - 60_000).toISOString();
const endAt = new Date().toISOString();
const input = { activationId, eventKey: activationId, eventName: 'Typed', tier: 'e2e', startAt, endAt };
const created = await execute(RecordingCreateMutationDocument, { input });
const events = [{ id: activationId, action: 'click', event: activationId, session: 's', at: startAt }];
assert.equal((await execute(RecordingEventsMutationDocument, { events })).recordEvents.accepted, 1);
const { node } = await execute(RecordingReadQueryDocument, { id: created.createActivation.activation.id });
assert.ok(node?.__typename === 'Activation');
assert.equal(node.metrics.clickCount, 1);
await execute(RecordingDeleteMutationDocument, { activationId });
console.log('four journeys');

// What is not so is refused by the compiler.
// @ts-expect-error a mandatory variable is missing
void (() => execute(ActivationReportQueryDocument, { activationId }));
// @ts-expect-error no such period
void (() => execute(PartnerLeaderboardQueryDocument, { period: { period: 'FOREVER' }, first: 1 }));
// @ts-expect-error an activation may be null
void ((data: ActivationReportQueryQuery) => data.activation.id);
// @ts-expect-error a rate may be null
void ((data: NonNullable<ActivationReportQueryQuery['activation']>) => data.metrics.outboundSessionRate.toFixed(1));
