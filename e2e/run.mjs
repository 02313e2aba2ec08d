// Starts `footfall demo` as a user would, runs the tests of this folder against it, and stops it with Ctrl-C.
// FOOTFALL_BIN, FOOTFALL_DATA and FOOTFALL_SCALE say which binary, data folder and amount of sample data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const here = import.meta.dirname;
const binary = resolve(process.env.FOOTFALL_BIN ?? join(here, '..', 'bin', 'footfall'));
const scale = process.env.FOOTFALL_SCALE ?? '0.02';
const seconds = 1000;

const data = process.env.FOOTFALL_DATA ?? (await mkdtemp(join(tmpdir(), 'footfall-e2e-')));
const demo = spawn(binary, ['demo', '--listen', '127.0.0.1:0', '--data', data, '--scale', scale], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true, // a Ctrl-C in the terminal reaches the demo through stop() alone
});
const ended = new Promise((done) => {
  demo.once('error', (error) => done(error.message));
  demo.once('exit', (code, signal) => done(code ?? signal));
});
process.once('SIGINT', () => stop().then(() => process.exit(130)));

let failure;
try {
  const { url, key, database } = await within(180 * seconds, printed(), 'the demo did not print its URL, key and database in time');
  // A file has ten minutes, whatever a test of it waits for. Files take turns: one counts the streams of the demo.
  const bounds = ['--test-timeout=600000', '--test-concurrency=1'];
  const tests = spawn(process.execPath, ['--test', ...bounds, ...process.argv.slice(2)], {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, FOOTFALL_URL: url, FOOTFALL_KEY: key, FOOTFALL_DATABASE: database, FOOTFALL_BIN: binary },
  });
  const [code] = await once(tests, 'exit');
  if (code !== 0) failure = `the tests ended with ${code}`;
} catch (error) {
  failure = error.message;
}
const status = await stop();
if (status !== 0) failure ??= `the demo ended with ${status} after SIGINT`;
if (failure) console.error(`e2e: ${failure}`);
process.exitCode = failure ? 1 : 0;

/**
 * The Playground's URL, the key that may do everything and the database's URL.
 * Reads on after them, so that the demo never waits for a reader.
 */
async function printed() {
  const lines = createInterface({ input: demo.stdout });
  const found = new Promise((done) => {
    let url;
    let key;
    let database;
    lines.on('line', (line) => {
      console.log(`demo | ${line}`);
      url ??= line.match(/https?:\/\/[^\s/]+(?=\/playground\b)/)?.[0];
      key ??= line.match(/Bearer ([^']+)'.*\/v1\/events/)?.[1];
      database ??= line.match(/postgres:\/\/[^\s']+/)?.[0];
      if (url && key && database) done({ url, key, database });
    });
  });
  const early = ended.then((how) => Promise.reject(new Error(`${binary} did not stay up: ${how}`)));
  return Promise.race([found, early]);
}

async function stop() {
  demo.kill('SIGINT');
  const status = await within(30 * seconds, ended).catch(() => {
    demo.kill('SIGKILL');
    return 'SIGKILL';
  });
  if (!process.env.FOOTFALL_DATA) await rm(data, { recursive: true, force: true });
  return status;
}

function within(milliseconds, promise, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
