// Another GraphQL server over the same database, for one process: node server.mjs
// postgraphile | mercurius | mercurius-redis. It serves the SQL functions that
// functions.sql made, and says on standard output where.
import { createServer } from "node:http";

const { DATABASE_URL: database, REDIS_URL: redis } = process.env;

// Postgres plans its statements as for the gateway.
const settings = "-c timezone=UTC -c jit=off";

// PostGraphile asks for Node 22, of which Node 20 lacks this alone.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const servers = { postgraphile, mercurius: () => mercurius(false), "mercurius-redis": () => mercurius(true) };

const address = await servers[process.argv[2]]();
console.log(`peer on http://${address}`);

async function postgraphile() {
  const { postgraphile } = await import("postgraphile");
  const { PostGraphileAmberPreset } = await import("postgraphile/presets/amber");
  const { makePgService } = await import("postgraphile/adaptors/pg");
  const { grafserv } = await import("postgraphile/grafserv/node");
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: database, schemas: ["peers"], poolConfig: { max: 16, options: settings } })],
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
    grafast: { explain: false },
  });
  const server = createServer();
  await instance.createServ(grafserv).addTo(server);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return `127.0.0.1:${server.address().port}`;
}

async function mercurius(cached) {
  const { default: fastify } = await import("fastify");
  const { default: plugin } = await import("mercurius");
  const { default: pg } = await import("pg");
  const { readFileSync } = await import("node:fs");
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: database, max: 16, options: settings });
  const rows = async (name, ...values) => {
    const text = `SELECT * FROM peers.${name}(${values.map((_, i) => `$${i + 1}`)})`;
    return (await pool.query({ name, text, values })).rows;
  };
  const app = fastify();
  await app.register(plugin, {
    schema: readFileSync(new URL("schema.graphql", import.meta.url), "utf8"),
    jit: 1,
    resolvers: {
      Query: {
        activationStats: (_, { tenant, ids, fromAt, toAt }) => rows("activation_stats", tenant, ids, fromAt, toAt),
        leaderboard: (_, { tenant, fromAt, toAt }) => rows("leaderboard", tenant, fromAt, toAt),
        campaignStats: (_, { tenant, fromAt, toAt }) => rows("campaign_stats", tenant, fromAt, toAt),
        partnerSeries: (_, { tenant, partner, fromAt, toAt, zone }) => rows("partner_series", tenant, partner, fromAt, toAt, zone),
      },
    },
  });
  if (cached) {
    const { default: cache } = await import("mercurius-cache");
    const { default: Redis } = await import("ioredis");
    await app.register(cache, { all: true, ttl: 60, storage: { type: "redis", options: { client: new Redis(redis) } } });
  }
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address();
  return `127.0.0.1:${port}`;
}
