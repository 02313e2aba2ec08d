// The front end's own server, as one who works on the pages has it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const web = join(import.meta.dirname, '..', 'web');

test('the address that is printed opens the start page, which leads to the others', async (t) => {
  const { createServer } = await import(pathToFileURL(createRequire(join(web, 'package.json')).resolve('vite')));
  const server = await createServer({ root: web, logLevel: 'warn', server: { port: 0, host: '127.0.0.1' } });
  t.after(() => server.close());
  await server.listen();
  const [printed] = server.resolvedUrls.local;
  const get = async (path) => {
    const response = await fetch(new URL(path, printed));
    assert.equal(response.status, 200, path);
    return response.text();
  };
  const start = await get('/');
  for (const [, path] of start.matchAll(/(?:href|src)="(\/(?:assets\/[^"]+|leaderboard|campaigns\/[^"]+|playground|docs))"/g)) await get(path);
  assert.match(await get('/leaderboard'), /src="\/src\/leaderboard\/main\.tsx"/, 'pages come from their sources');
});
