// Apollo Client: the journeys, the normalised cache, pages merged by relayStylePagination, errors.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { asapScheduler, filter, firstValueFrom, observeOn } from 'rxjs';
import { ask, endpoint, headers } from '../gateway.mjs';
import { assertRanked, lastQuarter, operations, testJourneys } from '../journeys/journeys.mjs';

let possibleTypes;
before(async () => {
  const { __schema } = await ask('{ __schema { types { name possibleTypes { name } } } }');
  const abstract = __schema.types.filter((type) => type.possibleTypes);
  possibleTypes = Object.fromEntries(abstract.map((type) => [type.name, type.possibleTypes.map(({ name }) => name)]));
});

/** A client as docs/graphql.md shows it, and the number of requests it sent. */
function newClient() {
  const sent = { requests: 0 };
  const count = new ApolloLink((operation, forward) => {
    sent.requests++;
    return forward(operation);
  });
  const cache = new InMemoryCache({
    possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          activations: relayStylePagination(['filter']),
          campaigns: relayStylePagination(['scheduled', 'campaignKeys']),
          partnerLeaderboard: relayStylePagination(['range', 'timeZone', 'filter', 'orderBy']),
        },
      },
      ActivationMetrics: { merge: true },
      CampaignMetrics: { merge: true },
      PartnerEngagement: { merge: true },
    },
  });
  const client = new ApolloClient({ cache, link: count.concat(new HttpLink({ uri: endpoint, headers })) });
  return { client, sent };
}

const run = (client, document, variables) =>
  document.definitions[0].operation === 'mutation'
    ? client.mutate({ mutation: document, variables })
    : client.query({ query: document, variables, fetchPolicy: 'network-only' });

testJourneys('Apollo', async (name, variables) => {
  const { client } = newClient();
  return (await run(client, operations[name], variables)).data;
});

/** Waits for the watched query's next whole result that satisfies a condition. */
function until(watched, condition) {
  const whole = filter(({ data, dataState }) => dataState === 'complete' && condition(data));
  return firstValueFrom(watched.pipe(observeOn(asapScheduler), whole));
}

/** Fetches page after page and answers the connection that the cache holds in the end. */
async function wholeConnection(client, query, field, variables) {
  const watched = client.watchQuery({ query, variables });
  let connection = (await until(watched, () => true)).data[field];
  let pages = 1;
  while (connection.pageInfo.hasNextPage) {
    const { endCursor } = connection.pageInfo;
    await watched.fetchMore({ variables: { after: endCursor } });
    connection = (await until(watched, (data) => data[field].pageInfo.endCursor !== endCursor)).data[field];
    pages++;
  }
  assert.ok(pages > 2, `${pages} pages`);
  return connection;
}

test('Apollo: pages of the leaderboard merge in order, none twice', async () => {
  const { client, sent } = newClient();
  const query = operations.PartnerLeaderboardQuery;
  const variables = { period: lastQuarter, first: 6 };
  const connection = await wholeConnection(client, query, 'partnerLeaderboard', variables);
  assertRanked(connection.edges, connection.totalCount);

  const before = sent.requests;
  const { data } = await client.query({ query, variables });
  assert.equal(data.partnerLeaderboard.edges.length, connection.totalCount);
  assert.equal(sent.requests, before, 'the second reader is served from the cache');
});

test('Apollo: pages of activations merge in order, none twice', async () => {
  const query = gql`
    query Activations($filter: ActivationFilter, $first: Int!, $after: String) {
      activations(filter: $filter, first: $first, after: $after) {
        edges { cursor node { id startAt } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`;
  const variables = { filter: { tiers: ['premium', 'standard', 'spotlight'] }, first: 5 };
  const { edges } = await wholeConnection(newClient().client, query, 'activations', variables);

  const all = await newClient().client.query({ query, variables: { ...variables, first: 1000 } });
  assert.deepEqual(edges.map(({ node }) => node.id), all.data.activations.edges.map(({ node }) => node.id));
});

test('Apollo: measures of one campaign that several queries ask for are kept together', async () => {
  const { client, sent } = newClient();
  const likes = gql`{ campaigns(first: 1) { edges { node { id metrics { likes } } } } }`;
  const viewers = gql`{ campaigns(first: 1) { edges { node { id metrics { totalViewers } } } } }`;
  await client.query({ query: likes });
  await client.query({ query: viewers });
  await client.query({ query: likes });
  assert.equal(sent.requests, 2, 'the first answer is still whole');
});

test('Apollo: a node that is fetched again updates every query that shows it', async () => {
  const { client } = newClient();
  const campaignKey = `e2e-${randomUUID()}`;
  const upsert = (title) =>
    ask('mutation ($input: [CampaignInput!]!) { upsertCampaigns(input: $input) { campaigns { id } } }', {
      input: [{ campaignKey, title, scheduledAt: '2001-01-01T20:00:00Z' }],
    });
  await upsert('Before');
  const query = gql`query ByKey($campaignKey: String!) { campaign(campaignKey: $campaignKey) { id title } }`;
  const watched = client.watchQuery({ query, variables: { campaignKey } });
  const { campaign } = (await until(watched, () => true)).data;
  assert.equal(campaign.title, 'Before');

  await upsert('After');
  const seen = until(watched, ({ campaign }) => campaign.title === 'After');
  await client.query({
    query: gql`query Again($id: ID!) { node(id: $id) { id ... on Campaign { title } } }`,
    variables: { id: campaign.id },
  });
  assert.equal((await seen).data.campaign.id, campaign.id);
  assert.ok(client.cache.extract()[`Campaign:${campaign.id}`], 'normalised under its global id');
  const fragment = gql`fragment Title on Node { id ... on Campaign { title } }`;
  const held = client.cache.readFragment({ id: `Campaign:${campaign.id}`, fragment });
  assert.equal(held.title, 'After', 'possibleTypes from introspection match fragments on Node');
});

test('Apollo: errors carry their code', async () => {
  const { client } = newClient();
  const query = gql`query Bad($after: String) { partnerLeaderboard(after: $after) { totalCount } }`;
  const variables = { after: 'no cursor' };
  await assert.rejects(client.query({ query, variables }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    return error.errors[0].extensions.code === 'BAD_USER_INPUT';
  });
  const { data, error } = await client.query({ query, variables, errorPolicy: 'all' });
  assert.equal(data, null);
  assert.equal(error.errors[0].extensions.field, 'after');
});
