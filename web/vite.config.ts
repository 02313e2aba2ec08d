import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

// embeddable shapes dist for web.go: stale files go, dist/.gitkeep stays (a fresh clone needs it to compile),
// and assets are kept only as .gz, so that the binary carries each once.
function embeddable(): Plugin {
  const assets = join(import.meta.dirname, 'dist', 'assets');
  return {
    name: 'embeddable',
    apply: 'build',
    buildStart() {
      rmSync(assets, { recursive: true, force: true });
      rmSync(join(assets, '..', 'index.html'), { force: true });
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

const gateway = process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/playground/',
  plugins: [embeddable()],
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['graphiql/setup-workers/vite', '@graphiql/react/setup-workers/vite'] },
  build: {
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  server: {
    proxy: { '/graphql': gateway, '/playground/config.json': gateway },
  },
});
