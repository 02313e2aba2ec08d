import type { GraphiQLProps } from 'graphiql';

export type Fetcher = GraphiQLProps['fetcher'];

const headers = {
  'Content-Type': 'application/json',
  Accept: 'application/graphql-response+json, application/json;q=0.9',
};

/**
 * GraphQL over HTTP against this origin. The key is read for every request, so that one typed a moment ago counts.
 * onStatus hears the HTTP status of each answer.
 */
export function createFetcher(key: () => string, onStatus: (status: number) => void): Fetcher {
  return async (request, options) => {
    const authorization: HeadersInit = key() ? { Authorization: `Bearer ${key()}` } : {};
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { ...headers, ...authorization, ...options?.headers },
      body: JSON.stringify(request),
    });
    onStatus(response.status);
    if (!response.headers.get('Content-Type')?.includes('json')) {
      throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 500)}`);
    }
    return response.json();
  };
}
