import type { ExecutionResult } from 'graphql';
import type { Request } from './exchange';
import type { Cost } from './extensions';
import { authorization, isSubscription } from './fetcher';

export interface Batch {
  of: string;
  keys: number;
  ranges?: number;
  cells?: number;
  sets?: boolean;
  facets?: boolean;
  ends?: number;
}

export interface Plan {
  estimated: number;
  batches: Batch[];
}

/** What an operation would ask the store for; or why that cannot be said. */
export async function planOf(request: Request, key: string, signal: AbortSignal): Promise<Plan | string> {
  if (isSubscription(request)) return 'A subscription has no plan: it is fed by what is written.';
  const response = await fetch('/graphql', {
    method: 'POST',
    signal,
    headers: { 'Content-Type': 'application/json', 'X-Footfall-Dry-Run': '1', ...authorization(key) },
    body: JSON.stringify(request),
  });
  const result: ExecutionResult = await response.json();
  const { plan, cost } = (result.extensions ?? {}) as { plan?: { batches: Batch[] | null }; cost?: Cost };
  if (!plan) return result.errors?.[0]?.message ?? `HTTP ${response.status}`;
  return { estimated: cost?.estimated ?? 0, batches: plan.batches ?? [] };
}

/** Asks by GET whether the data are still those that an ETag stands for. */
export async function holdsStill({ query, variables, operationName }: Request, etag: string, key: string): Promise<string> {
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables), ...(operationName ? { operationName } : {}) });
  try {
    const response = await fetch(`/graphql?${parameters}`, {
      headers: { Accept: 'application/graphql-response+json', 'X-Footfall-Cost': '1', 'If-None-Match': etag, ...authorization(key) },
    });
    if (response.status === 304) return '304: it does, and nothing was sent.';
    return response.ok ? `${response.status}: the data have changed.` : `${response.status}: it cannot be said.`;
  } catch {
    return 'The server cannot be reached.';
  }
}
