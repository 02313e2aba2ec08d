import { getOperationAST } from 'graphql';
import type { GraphiQLProps } from 'graphiql';
import { results } from './events';

export type Fetcher = GraphiQLProps['fetcher'];

const headers = {
  'Content-Type': 'application/json',
  Accept: 'application/graphql-response+json, application/json;q=0.9',
};

type Options = Parameters<Fetcher>[1];

/**
 * GraphQL over HTTP against this origin. The key is read for every request, so that one typed a moment ago counts.
 * onStatus hears the HTTP status of each answer. Subscriptions go on by server-sent events.
 */
export function createFetcher(key: () => string, onStatus: (status: number) => void): Fetcher {
  return async (request, options) => {
    const authorization: HeadersInit = key() ? { Authorization: `Bearer ${key()}` } : {};
    const live = isSubscription(request.operationName, options) ? { Accept: 'text/event-stream' } : {};
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { ...headers, ...live, ...authorization, ...options?.headers },
      body: JSON.stringify(request),
    });
    onStatus(response.status);
    if (response.body && response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      return results(response.body);
    }
    if (!response.headers.get('Content-Type')?.includes('json')) {
      throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 500)}`);
    }
    return response.json();
  };
}

function isSubscription(name: string | null | undefined, options: Options): boolean {
  return !!options?.documentAST && getOperationAST(options.documentAST, name)?.operation === 'subscription';
}
