// Fails when the schema breaks clients of the last release and CHANGELOG.md does not say so. Run by `make schema-check`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { breakingChanges, complaint, unnamed } from './breaking.mjs';

const read = (name) => readFileSync(join(import.meta.dirname, '..', '..', name), 'utf8');

const changes = await breakingChanges(read('docs/schema.released.graphql'), read('docs/schema.graphql'));
const problem = complaint(unnamed(changes, read('CHANGELOG.md')));
if (problem) {
  console.error(problem);
  process.exitCode = 1;
} else {
  console.log(`The schema has ${changes.length} breaking changes since the last release, all of them in the CHANGELOG`);
}
