import type { Exchange } from './exchange';

export interface Cost {
  estimated: number;
  actual?: number;
  budgetLeft?: number;
}

export interface Freshness {
  asOf: string | null;
  ageSeconds: number;
  stale: boolean;
  sources: { memory: number; redis: number; store: number; stale: number };
}

export const costOf = ({ result }: Exchange) => result?.extensions?.cost as Cost | undefined;

export const freshnessOf = ({ result }: Exchange) => result?.extensions?.freshness as Freshness | undefined;

/** How much of an answer was known before: hits and misses. */
export function cached({ memory, redis, store, stale }: Freshness['sources']): string {
  const hits = memory + redis + stale;
  if (!hits && !store) return 'Nothing was looked up';
  return `${hits} ${hits === 1 ? 'hit' : 'hits'}, ${store} ${store === 1 ? 'miss' : 'misses'}`;
}

const reasons: Record<number, string> = {
  200: 'OK',
  294: 'Partial Success: data and errors',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export const reasonOf = (status: number) => reasons[status] ?? '';
