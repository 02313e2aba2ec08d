// The gateway under test, by plain fetch.
export const base = new URL(process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8080').origin;
export const endpoint = `${base}/graphql`;

/** What every client sends. With `no-cache` a read sees every acknowledged write. */
export const headers = {
  authorization: `Bearer ${process.env.FOOTFALL_KEY}`,
  'cache-control': 'no-cache',
};

/** Answers {data, errors} of one operation. */
export async function post(query, variables, operationName) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return response.json();
}

/** Data of one operation, which must have no error. */
export async function ask(query, variables, operationName) {
  const { data, errors } = await post(query, variables, operationName);
  if (errors) throw new Error(`${operationName ?? query}: ${JSON.stringify(errors)}`);
  return data;
}

/** The body of a REST path. */
export async function rest(path) {
  const response = await fetch(base + path, { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
