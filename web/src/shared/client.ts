import { createClient, type Client } from 'graphql-sse';
import type { ExecutionResult } from 'graphql';

/** A GraphQL error, or an answer that is none. code is of docs/graphql.md, '' where there is none. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Whether a failure is that nobody answered, which passes when the network is back. */
export const isUnanswered = (problem: unknown) => problem !== null && !(problem instanceof Refused);

/** Gives the data of one query, or throws Refused. onStatus hears the HTTP status. */
export async function ask<T>(
  key: string,
  query: string,
  variables: Record<string, unknown> = {},
  { signal, onStatus }: { signal?: AbortSignal; onStatus?: (status: number) => void } = {},
): Promise<T> {
  if (/[^\x20-\x7e]/.test(key)) {
    onStatus?.(401); // no key has it, and most no header can hold
    throw new Refused('the API key has characters that no key has', 401, 'UNAUTHENTICATED');
  }
  const response = await fetch('/graphql', {
    method: 'POST',
    signal,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json',
      Authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  onStatus?.(response.status);
  const result: ExecutionResult<T> | null = await response.json().catch(() => null);
  const error = result?.errors?.[0];
  if (error || !result?.data) {
    const code = error?.extensions?.code;
    throw new Refused(error?.message ?? `HTTP ${response.status}`, response.status, typeof code === 'string' ? code : '');
  }
  return result.data;
}

/** Waits before the next attempt: longer each time, up to some five seconds, and not as long as everybody else. */
export const backOff = (attempt: number) =>
  new Promise((done) => setTimeout(done, Math.min(500 * 2 ** attempt, 5000) * (0.75 + Math.random() / 2)));

/** A client for subscriptions by server-sent events. It comes back by itself, for as long as it takes. */
export function liveClient(key: () => string, onRetry?: (attempt: number) => void): Client {
  return createClient({
    url: '/graphql',
    headers: () => ({ Authorization: `Bearer ${key()}` }),
    retryAttempts: Infinity,
    async retry(attempt) {
      onRetry?.(attempt);
      await backOff(attempt);
    },
  });
}
