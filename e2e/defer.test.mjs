// @defer with Apollo Client: the leaderboard's names come first, the measures after them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Defer20220824Handler } from '@apollo/client/incremental';

const endpoint = new URL('/graphql', process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080').href;
const headers = { authorization: `Bearer ${process.env.FOOTFALL_KEY}`, 'cache-control': 'no-cache' };

const leaderboard = (mark) => gql`
  query Leaderboard {
    partnerLeaderboard(range: { period: LAST_12_MONTHS }, first: 20) {
      totalCount
      nodes {
        id
        name
        ... ${mark} {
          engagement(range: { period: LAST_12_MONTHS }) {
            totalSessions
            previous { totalSessions }
          }
        }
      }
    }
  }
`;

/** A client of its own, with what it was sent. */
function connect() {
  const types = [];
  const link = new HttpLink({
    uri: endpoint,
    headers,
    async fetch(url, options) {
      const response = await fetch(url, options);
      types.push(response.headers.get('content-type'));
      return response;
    },
  });
  const client = new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler: new Defer20220824Handler() });
  return { client, types };
}

/** Every state of a query until it is complete. */
function states(client, query) {
  return new Promise((done, failed) => {
    const seen = [];
    client.watchQuery({ query, notifyOnNetworkStatusChange: true }).subscribe({
      next(result) {
        if (result.error) failed(result.error);
        if (result.data) seen.push({ state: result.dataState, data: structuredClone(result.data) });
        if (result.dataState === 'complete') done(seen);
      },
      error: failed,
    });
  });
}

test('deferred measures follow the names', { timeout: 30_000 }, async () => {
  const { client, types } = connect();
  const seen = await states(client, leaderboard('@defer(label: "measures")'));
  const first = seen[0].data.partnerLeaderboard;
  const last = seen.at(-1).data.partnerLeaderboard;

  assert.match(types[0], /^multipart\/mixed/);
  assert.equal(seen[0].state, 'streaming');
  assert.ok(first.nodes.length > 0 && first.nodes.every((node) => node.name && !('engagement' in node)), 'names alone at first');
  assert.ok(last.nodes.every((node) => Number.isInteger(node.engagement.totalSessions)), 'all measures at last');

  const whole = await connect().client.query({ query: leaderboard('@include(if: true)') });
  assert.deepEqual(last, whole.data.partnerLeaderboard);
  client.stop();
});

test('a client that does not read parts gets everything at once', async () => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: leaderboard('@defer').loc.source.body }),
  });
  const { data } = await response.json();
  assert.match(response.headers.get('content-type'), /^application\/json/);
  assert.ok(data.partnerLeaderboard.nodes.every((node) => Number.isInteger(node.engagement.totalSessions)));
});
