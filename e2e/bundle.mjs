// Modules of the front end, for tests of what needs no browser.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { emptyFolder } from './generated.mjs';

const web = join(import.meta.dirname, '..', 'web');

/** Bundles what `source`, a module at the root of web/src, imports and exports, as the front end's own build would. */
export async function bundled(name, source) {
  const tool = createRequire(join(web, 'package.json')).resolve('rolldown');
  const { build } = await import(pathToFileURL(tool));
  const file = join(await emptyFolder(name), 'bundle.mjs');
  const entry = join(web, 'src', `${name}.entry.ts`);
  await build({
    input: entry,
    platform: 'node',
    logLevel: 'warn',
    output: { file, format: 'esm' },
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? source : null) }],
  });
  return import(pathToFileURL(file));
}
