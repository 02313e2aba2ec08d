import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const apps = ['playground', 'leaderboard', 'campaigns'];

// embeddable shapes dist for web.go: stale files go, dist/.gitkeep stays (a fresh clone needs it to compile),
// and assets are kept only as .gz, so that the binary carries each once.
function embeddable(): Plugin {
  const dist = join(import.meta.dirname, 'dist');
  const assets = join(dist, 'assets');
  return {
    name: 'embeddable',
    apply: 'build',
    buildStart() {
      rmSync(assets, { recursive: true, force: true });
      for (const app of apps) rmSync(join(dist, `${app}.html`), { force: true });
    },
    closeBundle() {
      for (const name of readdirSync(assets)) {
        const file = join(assets, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
        rmSync(file);
      }
    },
  };
}

// served gives `npm run dev` the paths that the gateway has.
function served(): Plugin {
  return {
    name: 'served',
    configureServer(server) {
      server.middlewares.use((request, _, next) => {
        const app = request.url?.match(/^\/(\w+)(?=[/?#]|$)/)?.[1];
        if (app && apps.includes(app)) request.url = `/${app}.html`;
        next();
      });
    },
  };
}

const gateway = process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [embeddable(), served()],
  appType: 'mpa',
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['graphiql/setup-workers/vite', '@graphiql/react/setup-workers/vite'] },
  build: {
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: apps.map((app) => join(import.meta.dirname, `${app}.html`)),
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['^/$', '/assets', '/graphql', '/config.json', '/v1', '/docs', '/api', '/partner-stats'].map((path) => [path, gateway])),
  },
});
