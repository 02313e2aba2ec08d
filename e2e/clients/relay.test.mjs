// Relay: the compiler takes the schema as it is, and what it compiled runs: the journeys, connections, refetching by id.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import relay from 'relay-runtime';
import { post } from '../gateway.mjs';
import { emptyFolder, runTool, schemaFile } from '../generated.mjs';
import { assertRanked, example, files, lastQuarter, testJourneys } from '../journeys/journeys.mjs';

const { commitMutation, createOperationDescriptor, Environment, fetchQuery, getSingularSelector, Network, RecordSource, Store } = relay;
const e2e = join(import.meta.dirname, '..');

let artifact;
before(async () => {
  artifact = await compile();
});

/** Compiles relay/src and the journeys, and answers what loads an artifact by name. */
async function compile() {
  const folder = await emptyFolder('relay');
  await cp(join(e2e, 'relay', 'src'), folder, { recursive: true });
  await copyFile(schemaFile, join(folder, 'schema.graphql'));
  for (const name of files) {
    const text = await readFile(join(e2e, 'journeys', name), 'utf8');
    await writeFile(join(folder, `${basename(name, '.graphql')}.js`), `graphql\`${text}\`;\n`);
  }
  const config = { src: '.', schema: 'schema.graphql', language: 'javascript', artifactDirectory: '__generated__', eagerEsModules: false };
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}');
  await mkdir(join(folder, '__generated__'));
  await runTool('relay-compiler', ['--noWatchman'], { cwd: folder });
  const load = createRequire(join(folder, 'package.json'));
  return (name) => load(`./__generated__/${name}.graphql.js`);
}

function newEnvironment() {
  const sent = { requests: 0 };
  const network = Network.create(({ text, name }, variables) => {
    sent.requests++;
    return post(text, variables, name);
  });
  return { environment: new Environment({ network, store: new Store(new RecordSource()) }), sent };
}

function mutate(environment, name, variables) {
  return new Promise((onCompleted, onError) => {
    commitMutation(environment, { mutation: artifact(name), variables, onCompleted, onError });
  });
}

const query = (environment, name, variables) => fetchQuery(environment, artifact(name), variables).toPromise();

testJourneys('Relay', (name, variables) => {
  const { environment } = newEnvironment();
  return name.endsWith('Mutation') ? mutate(environment, name, variables) : query(environment, name, variables);
});

/** What a fragment reads, given the data that spreads it. */
function readFragment(environment, name, parent) {
  return environment.lookup(getSingularSelector(artifact(name), parent)).data;
}

/** Fetches a query and answers what reads its data from the store, then and later. */
async function open(environment, name, variables) {
  const operation = createOperationDescriptor(artifact(name), variables);
  environment.retain(operation);
  await query(environment, name, variables);
  return () => environment.lookup(operation.fragment).data;
}

/** Fetches a list's first page and answers what reads all its pages from the store. */
async function openList(environment, name, variables) {
  const read = await open(environment, `${name}Query`, variables);
  return () => readFragment(environment, `${name}_query`, read());
}

/** Fetches all pages of a connection after the first. */
async function fetchPages(environment, read, field, name, variables) {
  for (let pages = 1; ; pages++) {
    const { hasNextPage, endCursor } = read()[field].pageInfo;
    if (!hasNextPage) return assert.ok(pages > 2, `${pages} pages`);
    await query(environment, name, { ...variables, after: endCursor });
  }
}

test('Relay: pages of the leaderboard merge in order, none twice', async () => {
  const { environment, sent } = newEnvironment();
  const variables = { range: lastQuarter };
  const read = await openList(environment, 'LeaderboardList', variables);
  await fetchPages(environment, read, 'partnerLeaderboard', 'LeaderboardListPageQuery', { ...variables, first: 6 });
  const { edges, totalCount } = read().partnerLeaderboard;
  assertRanked(edges, totalCount);
  assert.equal(sent.requests, Math.ceil(totalCount / 6));
});

test('Relay: pages of activations merge, a created one joins them, a deleted one leaves', async () => {
  const { environment } = newEnvironment();
  const variables = { filter: { tiers: ['premium', 'standard', 'spotlight'] } };
  const read = await openList(environment, 'ActivationList', variables);
  await fetchPages(environment, read, 'activations', 'ActivationListPageQuery', { ...variables, first: 5 });
  const { edges, __id } = read().activations;
  assert.equal(new Set(edges.map(({ node }) => node.id)).size, edges.length);

  const activationId = `e2e-${randomUUID()}`;
  const input = {
    activationId,
    eventKey: activationId,
    eventName: 'Prepended',
    tier: 'e2e',
    startAt: '2001-01-01T00:00:00Z',
    endAt: '2001-01-02T00:00:00Z',
  };
  await mutate(environment, 'ActivationListCreateMutation', { input, connections: [__id] });
  const [first, ...others] = read().activations.edges;
  assert.equal(readFragment(environment, 'ActivationCard_activation', first.node).eventName, 'Prepended');
  assert.equal(others.length, edges.length);

  await mutate(environment, 'ActivationListDeleteMutation', { activationId, connections: [__id] });
  assert.deepEqual(read().activations.edges, edges);
});

test('Relay: a fragment is fetched again by its node’s id', async () => {
  const { environment } = newEnvironment();
  const { activation } = await query(environment, 'ActivationReportQuery', example);
  const { id } = activation;
  const read = await open(environment, 'ActivationCardRefetchQuery', { id, range: example.week });
  const card = readFragment(environment, 'ActivationCard_activation', read().node);
  assert.equal(card.id, id);
  assert.equal(card.metrics.clickCount, activation.week.clickCount);
});
