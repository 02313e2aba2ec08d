// Live data as the clients of the two protocols see it: graphql-ws, graphql-sse, and a bare GET of server-sent events.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { createClient as createEventsClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const base = process.env.FOOTFALL_URL;
const url = `${base}/graphql`;
const authorization = `Bearer ${process.env.FOOTFALL_KEY}`;
const campaign = `live-${randomUUID()}`;
const query = `subscription Live($key: String!) {
  campaignLive(campaignKey: $key) { at viewersNow metrics { likes totalViewers } }
}`;

before(async () => {
  const { errors } = await post({
    query: 'mutation Create($in: [CampaignInput!]!) { upsertCampaigns(input: $in) { campaigns { campaignKey } } }',
    variables: { in: [{ campaignKey: campaign, title: 'Live', scheduledAt: new Date().toISOString() }] },
  });
  assert.equal(errors, undefined);
  const now = new Date(Date.now() - 1000).toISOString();
  await record({ action: 'watch', visitor: 'v1', loggedIn: false, at: now, seconds: 3600 });
});

async function post(operation) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(operation),
  });
  return response.json();
}

async function record(event) {
  const response = await fetch(`${base}/v1/events`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify([{ id: randomUUID(), campaign, visitor: 'v1', at: new Date().toISOString(), ...event }]),
  });
  assert.equal((await response.json()).accepted, 1);
}

const viaSocket = (options) => createSocketClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, ...options });
const viaEvents = (options) => createEventsClient({ url, headers: { authorization }, ...options });

/** Reads what a live campaign says, likes it, and reads on until that shows. */
async function journey(results) {
  let likes;
  for await (const { data, errors } of results) {
    assert.equal(errors, undefined);
    const { at, viewersNow, metrics } = data.campaignLive;
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(viewersNow, 1);
    assert.equal(metrics.totalViewers, 1);
    if (likes === undefined) {
      likes = metrics.likes;
      await record({ action: 'like' });
    } else if (metrics.likes > likes) {
      return;
    }
  }
  assert.fail('the stream ended');
}

for (const [name, headers, connectionParams] of [
  ['in connection_init', {}, { Authorization: authorization }],
  ['in a header', { authorization }, undefined],
]) {
  test(`graphql-ws, the key ${name}`, async () => {
    class Socket extends WebSocket {
      constructor(address, protocols) {
        super(address, protocols, { headers });
      }
    }
    const client = viaSocket({ webSocketImpl: Socket, connectionParams });
    await journey(client.iterate({ query, variables: { key: campaign } }));
    await client.dispose();
  });
}

test('graphql-ws runs queries, and many subscriptions on one connection', async () => {
  let connections = 0;
  const client = viaSocket({ connectionParams: { key: process.env.FOOTFALL_KEY }, on: { connected: () => connections++ } });
  const one = client.iterate({ query: 'query Title($key: String!) { campaign(campaignKey: $key) { title } }', variables: { key: campaign } });
  assert.deepEqual((await one.next()).value.data, { campaign: { title: 'Live' } });
  assert.equal((await one.next()).done, true);
  const several = Array.from({ length: 10 }, () => client.iterate({ query, variables: { key: campaign } }));
  for (const results of several) assert.equal((await results.next()).value.data.campaignLive.viewersNow, 1);
  for (const results of several) await results.return();
  assert.ok(connections <= 2, `${connections} connections`);
  await client.dispose();
});

test('graphql-sse', async () => {
  const client = viaEvents();
  await journey(client.iterate({ query, variables: { key: campaign } }));
  const one = client.iterate({ query: '{ __typename }' });
  assert.deepEqual((await one.next()).value, { data: { __typename: 'Query' } });
  assert.equal((await one.next()).done, true);
  client.dispose();
});

/** Opens server-sent events by GET, as EventSource would if it could send a key, and yields the data of each. */
async function* get(parameters) {
  const control = new AbortController();
  const response = await fetch(`${url}?${new URLSearchParams(parameters)}`, {
    headers: { authorization, accept: 'text/event-stream' },
    signal: control.signal,
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  let text = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const event = Object.fromEntries(text.slice(0, end).split('\n').map((line) => line.split(/: ?(.*)/s, 2)));
        if (event.event === 'next') yield JSON.parse(event.data);
        if (event.event === 'complete') return;
      }
    }
  } finally {
    control.abort();
  }
}

test('server-sent events by GET', async () => {
  await journey(get({ query, variables: JSON.stringify({ key: campaign }) }));
});

test('an unknown campaign is an error that ends the subscription', async () => {
  const operation = { query, variables: { key: 'unknown' } };
  const notFound = (errors) => {
    assert.equal(errors[0].extensions.code, 'NOT_FOUND');
    return true;
  };
  const socket = viaSocket({ connectionParams: { authorization } });
  await assert.rejects(socket.iterate(operation).next(), notFound);
  await socket.dispose();
  const events = viaEvents();
  const results = events.iterate(operation);
  notFound((await results.next()).value.errors);
  assert.equal((await results.next()).done, true);
  events.dispose();
});

test('a wrong key opens nothing, and clients do not try again', async () => {
  const operation = { query, variables: { key: campaign } };
  const socket = viaSocket({ connectionParams: { Authorization: 'Bearer ff_wrong' } });
  await assert.rejects(socket.iterate(operation).next(), (closed) => closed.code === 4401);
  const events = viaEvents({ headers: { authorization: 'Bearer ff_wrong' }, retryAttempts: 0 });
  await assert.rejects(events.iterate(operation).next(), (error) => error.response?.status === 401);
  events.dispose();
});
