// urql with Graphcache, told the schema by introspection: the journeys, the cache, pages, errors.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { Client, fetchExchange, gql, mapExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { getIntrospectionQuery } from 'graphql';
import { ask, endpoint, headers } from '../gateway.mjs';
import { assertRanked, lastQuarter, operations, testJourneys } from '../journeys/journeys.mjs';

let schema;
before(async () => {
  schema = await ask(getIntrospectionQuery());
});

/** Types without a global id belong to the object that holds them. */
function keysOf({ types }) {
  const embedded = types.filter(({ kind, fields }) => kind === 'OBJECT' && !fields.some(({ name }) => name === 'id'));
  return Object.fromEntries(embedded.map(({ name }) => [name, () => null]));
}

const paged = { Query: { activations: relayPagination(), partnerLeaderboard: relayPagination() } };

/** A client as docs/graphql.md shows it, the requests it sent and what Graphcache warned of. */
function newClient(resolvers = paged) {
  const seen = { requests: 0, warnings: [] };
  const cache = cacheExchange({
    schema,
    keys: keysOf(schema.__schema),
    resolvers,
    logger: (severity, message) => severity !== 'debug' && seen.warnings.push(message),
  });
  const count = mapExchange({ onOperation: () => void seen.requests++ });
  const client = new Client({
    url: endpoint,
    exchanges: [cache, count, fetchExchange],
    fetchOptions: { headers },
    preferGetMethod: false,
  });
  return { client, seen };
}

async function run(client, document, variables, context) {
  const mutation = document.definitions[0].operation === 'mutation';
  const { data, error } = await (mutation ? client.mutation(document, variables) : client.query(document, variables, context));
  if (error) throw error;
  return data;
}

testJourneys('urql', async (name, variables) => {
  const { client, seen } = newClient({}); // the journeys look at each page alone
  const data = await run(client, operations[name], variables);
  assert.deepEqual(seen.warnings, []);
  return data;
});

/** Asks for page after page; each answer holds all pages so far. */
async function wholeConnection(client, query, field, variables) {
  let after = null;
  for (let pages = 1; ; pages++) {
    const connection = (await run(client, query, { ...variables, after }))[field];
    if (!connection.pageInfo.hasNextPage) {
      assert.ok(pages > 2, `${pages} pages`);
      return connection;
    }
    after = connection.pageInfo.endCursor;
  }
}

test('urql: pages of the leaderboard merge in order, none twice', async () => {
  const { client, seen } = newClient();
  const query = operations.PartnerLeaderboardQuery;
  const variables = { period: lastQuarter, first: 6 };
  const connection = await wholeConnection(client, query, 'partnerLeaderboard', variables);
  assertRanked(connection.edges, connection.totalCount);
  assert.deepEqual(seen.warnings, []);

  const before = seen.requests;
  await run(client, query, { ...variables, after: null });
  assert.equal(seen.requests, before, 'the second reader is served from the cache');
});

test('urql: pages of activations merge in order, none twice', async () => {
  const query = gql`
    query Activations($filter: ActivationFilter, $first: Int!, $after: String) {
      activations(filter: $filter, first: $first, after: $after) {
        edges { cursor node { id } }
        nodes { id }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`;
  const variables = { filter: { tiers: ['premium', 'standard', 'spotlight'] }, first: 5 };
  const { edges, nodes } = await wholeConnection(newClient().client, query, 'activations', variables);

  const all = await run(newClient().client, query, { ...variables, first: 1000 });
  const ids = all.activations.nodes.map(({ id }) => id);
  assert.deepEqual(edges.map(({ node }) => node.id), ids);
  assert.deepEqual(nodes.map(({ id }) => id), ids);
});

test('urql: a mutation updates the object that queries show', async () => {
  const { client, seen } = newClient();
  const campaignKey = `e2e-${randomUUID()}`;
  const mutation = gql`
    mutation Upsert($input: [CampaignInput!]!) {
      upsertCampaigns(input: $input) { campaigns { id title } }
    }`;
  const upsert = (title) => run(client, mutation, { input: [{ campaignKey, title, scheduledAt: '2001-01-01T20:00:00Z' }] });
  const query = gql`query ByKey($campaignKey: String!) { campaign(campaignKey: $campaignKey) { id title } }`;
  await upsert('Before');
  const { campaign } = await run(client, query, { campaignKey });
  assert.equal(campaign.title, 'Before');

  await upsert('After');
  const before = seen.requests;
  const again = await run(client, query, { campaignKey });
  assert.equal(again.campaign.title, 'After');
  assert.equal(seen.requests, before, 'from the cache');

  const byId = gql`query ById($id: ID!) { node(id: $id) { id ... on Campaign { title } } }`;
  const { node } = await run(client, byId, { id: campaign.id }, { requestPolicy: 'network-only' });
  assert.equal(node.title, 'After');
  assert.deepEqual(seen.warnings, []);
});

test('urql: errors carry their code', async () => {
  const { client } = newClient();
  const query = gql`query Bad($after: String) { partnerLeaderboard(after: $after) { totalCount } }`;
  const { error } = await client.query(query, { after: 'no cursor' });
  assert.equal(error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT');
  assert.equal(error.graphQLErrors[0].extensions.field, 'after');
});
