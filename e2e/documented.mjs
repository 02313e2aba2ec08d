// The operations that the documentation shows: blocks marked graphql, and the query of a curl line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse } from 'graphql';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));

const patterns = [
  { pattern: /^```graphql\n(.*?)^```/gms, read: (text) => text },
  { pattern: /-d '(\{"query":.*?\})'/g, read: (text) => JSON.parse(text).query },
];

/** Each as {where, text}, in the order of the pages. What defines types is no operation. */
export function documented() {
  const found = [];
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const { pattern, read } of patterns) {
      for (const match of text.matchAll(pattern)) {
        const where = `${page}:${text.slice(0, match.index).split('\n').length}`;
        found.push({ where, text: read(match[1]) });
      }
    }
  }
  return found.filter(({ text, where }) => isExecutable(text, where));
}

function isExecutable(text, where) {
  try {
    return parse(text).definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  } catch (error) {
    throw new Error(`${where}: ${error.message}`);
  }
}
