// GraphQL over HTTP: the audits of graphql-http, and what they do not look at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';

const url = new URL('/graphql', process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080').href;
const authorization = `Bearer ${process.env.FOOTFALL_KEY}`;

const fetchFn = (target, init = {}) => fetch(target, { ...init, headers: { ...init.headers, authorization } });

/** What the audits allow and we do not do, and why. */
const otherwise = {
  '423L': 'the draft has 422 for a request without a query, where its own media type is accepted',
};

const audits = serverAudits({ url, fetchFn });
const failed = new Set();

for (const { id, name, fn } of audits) {
  test(`${id} ${name}`, async () => {
    const { status, reason } = await fn();
    if (status === 'ok') return;
    failed.add(id);
    const answer = `${status}: ${reason}`;
    assert.match(name, /^MAY/, answer);
    assert.ok(otherwise[id], `${answer}; a MAY that fails needs its reason in the list`);
  });
}

test('the list of exceptions is exact', () => {
  assert.ok(audits.length >= 60, `only ${audits.length} audits`);
  assert.deepEqual([...failed].sort(), Object.keys(otherwise).sort());
});

const media = 'application/graphql-response+json';

/** Sends parameters as a client of the draft does. */
async function post(parameters, headers = {}) {
  const response = await fetchFn(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: media, ...headers },
    body: JSON.stringify(parameters),
  });
  return { response, body: await response.json() };
}

test('an answer with errors is a partial success', async () => {
  const query = '{ partnerLeaderboard { totalCount } partner(uuid: "x") { name } }';
  const { response, body } = await post({ query });
  assert.equal(response.status, 294);
  assert.ok(response.ok, 'fetch takes it for a success');
  assert.ok(body.data.partnerLeaderboard.totalCount > 0);
  assert.equal(body.errors.length, 1);
  const plain = await post({ query }, { accept: 'application/json' });
  assert.equal(plain.response.status, 200);
});

test('what never ran has no data', async () => {
  for (const parameters of [
    { query: 'query ($v: Int!) { partnerLeaderboard(first: $v) { totalCount } }', variables: { v: null } },
    { query: 'query ($v: UUID!) { partner(uuid: $v) { name } }', variables: { v: 'x' } },
    { query: 'query A { __typename } query B { __typename }' },
    { query: 'query A { __typename }', operationName: 'B' },
    { documentId: 'nobody-knows-it' },
  ]) {
    const { response, body } = await post(parameters);
    assert.equal(response.status, 400, JSON.stringify(body));
    assert.ok(!('data' in body), JSON.stringify(body));
  }
});

test('what another site could send is refused', async () => {
  const target = `${url}?query={__typename}`;
  const bare = await fetch(target);
  assert.equal(bare.status, 403);
  assert.match((await bare.json()).errors[0].message, /X-Footfall-Preflight/);
  assert.equal((await fetch(target, { headers: { 'x-footfall-preflight': '1' } })).status, 401);
  assert.equal((await fetchFn(target)).status, 200);
});

test('a mutation by GET says what is allowed', async () => {
  const response = await fetchFn(`${url}?query=${encodeURIComponent('mutation { recordEvents(events: []) { accepted } }')}`);
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'POST');
});

test('a document is sent once', async () => {
  const query = `query Once${Date.now()} { partnerLeaderboard { totalCount } }`;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query));
  const extensions = { persistedQuery: { version: 1, sha256Hash: Buffer.from(digest).toString('hex') } };
  assert.equal((await post({ extensions })).body.errors[0].message, 'PersistedQueryNotFound');
  assert.ok((await post({ extensions, query })).body.data);
  assert.ok((await post({ extensions })).body.data);
  const found = await fetchFn(`${url}?extensions=${encodeURIComponent(JSON.stringify(extensions))}`);
  assert.ok((await found.json()).data);
});
