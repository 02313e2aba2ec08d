// genqlient: a Go program in types made from the schema and the journeys, in a module of its own.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../generated.mjs';

test('genqlient: generates, compiles and runs the journeys', async () => {
  const cwd = join(import.meta.dirname, '..', 'go-client');
  await run('go', ['tool', 'genqlient'], { cwd });
  await run('go', ['vet', '.'], { cwd });
  assert.equal(await run('go', ['run', '.'], { cwd }), 'four journeys\n');
});
