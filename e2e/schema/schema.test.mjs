import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, parse, printSchema, validate } from 'graphql';
import { ask } from '../gateway.mjs';
import { run, schemaFile } from '../generated.mjs';
import { breakingChanges, complaint, unnamed } from './breaking.mjs';

const released = `
  directive @requires(scope: String!) on FIELD_DEFINITION
  directive @cost(weight: Int!) on FIELD_DEFINITION
  directive @defer on FRAGMENT_SPREAD
  type Query { partner(uuid: ID!, year: Int): Partner @requires(scope: "read") @cost(weight: 3) }
  type Partner { name: String! sessions: Int! tier: Tier }
  type Visit { at: String! }
  enum Tier { GOLD SILVER }
  input Filter { tier: Tier }
`;

const breaking = [
  { what: 'a removed field', from: 'name: String! ', to: '', names: 'Partner.name' },
  { what: 'a field that may be null now', from: 'sessions: Int!', to: 'sessions: Int', names: 'Partner.sessions' },
  { what: 'a removed argument', from: ', year: Int', to: '', names: 'Query.partner(year:)' },
  { what: 'a new mandatory argument', from: 'year: Int', to: 'year: Int, month: Int!', names: 'Query.partner(month:)' },
  { what: 'a removed enum value', from: 'GOLD SILVER', to: 'GOLD', names: 'Tier.SILVER' },
  { what: 'a new mandatory input field', from: '{ tier: Tier }', to: '{ tier: Tier name: String! }', names: 'Filter.name' },
  { what: 'a removed type', from: 'type Visit { at: String! }', to: '', names: 'Visit' },
  { what: 'another scope', from: 'scope: "read"', to: 'scope: "admin"', names: 'Query.partner' },
  { what: 'a removed directive of documents', from: 'directive @defer on FRAGMENT_SPREAD', to: '', names: '@defer' },
];

const harmless = [
  { what: 'a new field', from: 'name: String!', to: 'name: String! logo: String' },
  { what: 'a new argument', from: 'year: Int', to: 'year: Int, month: Int' },
  { what: 'a field that is never null any more', from: 'tier: Tier }\n  type', to: 'tier: Tier! }\n  type' },
  { what: 'a new type', from: 'type Visit', to: 'type Click { at: String! } type Visit' },
  { what: 'a description', from: 'type Visit', to: '"A visit." type Visit' },
  { what: 'another cost', from: 'weight: 3', to: 'weight: 4' },
  { what: 'a removed directive of the server', from: /directive @cost.*|@cost\(weight: 3\)/g, to: '' },
];

const changelog = (heading, line) => `# Changelog\n## [Unreleased]\n### ${heading}\n- ${line}\n\n## [0.1.0]\n### Removed\n- \`Partner.sessions\`\n`;

/** The released schema with one change, which must be one. */
function changed({ from, to }) {
  const sdl = released.replaceAll(from, to);
  assert.notEqual(sdl, released);
  return sdl;
}

for (const change of breaking) {
  test(`schema check: ${change.what} fails until the CHANGELOG names ${change.names}`, async () => {
    const changes = await breakingChanges(released, changed(change));
    assert.deepEqual(changes.map(({ coordinate }) => coordinate), [change.names]);

    const silent = unnamed(changes, changelog('Changed', 'Something else.'));
    assert.match(complaint(silent), new RegExp(`^- \`${change.names.replace(/[()]/g, '\\$&')}\`: `, 'm'));
    assert.equal(unnamed(changes, changelog('Added', `\`${change.names}\``)).length, 1, 'what was added is not removed');
    assert.deepEqual(unnamed(changes, changelog('Removed', `\`${change.names}\` is gone.`)), []);
  });
}

for (const change of harmless) {
  test(`schema check: ${change.what} breaks nobody`, async () => {
    assert.deepEqual(await breakingChanges(released, changed(change)), []);
  });
}

test('schema check: the CHANGELOG names every breaking change since the last release', async () => {
  await run(process.execPath, [join(import.meta.dirname, 'check.mjs')]);
});

test('schema: docs/schema.graphql is what the gateway shows by introspection', async () => {
  const options = { specifiedByUrl: true, directiveIsRepeatable: true, oneOf: true };
  const shown = lines(buildClientSchema(await ask(getIntrospectionQuery(options))));
  const written = lines(buildSchema(readFileSync(schemaFile, 'utf8')));
  const different = shown.findIndex((line, i) => line !== written[i]);
  assert.equal(written[different], shown[different], 'docs/schema.graphql is old: run make schema');
  assert.equal(written.length, shown.length);
});

test('schema: a document with @defer fits docs/schema.graphql as it is', () => {
  const document = parse('query ($later: Boolean!) { campaigns { nodes { title ... @defer(if: $later, label: "m") { metrics { likes } } } } }');
  assert.deepEqual(validate(buildSchema(readFileSync(schemaFile, 'utf8')), document), []);
});

/** The schema's directives and types with their descriptions, in one order. */
function lines(schema) {
  return printSchema(lexicographicSortSchema(schema)).split('\n');
}
