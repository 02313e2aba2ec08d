// GraphQL Code Generator: types for the journeys and for every query that the documentation shows, compiled strictly;
// typed/journeys.ts uses them and runs.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSchema, Kind, parse, print, validate } from 'graphql';
import { documented } from '../documented.mjs';
import { emptyFolder, run, runTool, schemaFile } from '../generated.mjs';
import { headers, endpoint } from '../gateway.mjs';

const e2e = join(import.meta.dirname, '..');

/** Names operations apart: Code Generator makes types for named ones alone, and pages may use one name twice. */
function named(text, name) {
  const document = parse(text);
  document.definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .forEach((definition, i) => (definition.name = { kind: Kind.NAME, value: `${name}${i || ''}` }));
  return print(document);
}

test('the documented queries fit the schema', async () => {
  const schema = buildSchema(await readFile(schemaFile, 'utf8'));
  const shown = documented();
  assert.ok(shown.length > 0);
  for (const { where, text } of shown) assert.deepEqual(validate(schema, parse(text)), [], where);
});

test('GraphQL Code Generator: strict types, and a typed program that runs', async () => {
  const folder = await emptyFolder('typed');
  const shown = documented().map(({ text }, i) => named(text, `Documented${i}`));
  await writeFile(join(folder, 'documented.graphql'), shown.join('\n'));
  await runTool('graphql-codegen', ['--silent', '--config', 'typed/codegen.yml'], { cwd: e2e });
  const generated = await readFile(join(folder, 'gql', 'graphql.ts'), 'utf8');
  for (const name of ['ActivationReportQueryQuery', 'RecordingCreateMutationMutation', 'Documented0Query']) {
    assert.ok(generated.includes(`export type ${name} = `), name);
  }

  await runTool('tsc', ['--project', 'typed'], { cwd: e2e });
  const printed = await run(process.execPath, [join(folder, 'out', 'typed', 'journeys.js'), endpoint, headers.authorization]);
  assert.equal(printed, 'four journeys\n');
});
