import { GraphQLError, type ExecutionResult } from 'graphql';
import { createClient } from 'graphql-sse';
import type { Json } from '../chart/selection';
import { backOff } from '../shared/client';
import type { Exchange, Request } from './exchange';
import { read } from './fetcher';

/**
 * The values of a subscription as they come, by server-sent events. To stop reading is to leave, at once. It comes back by
 * itself when the server was away for a moment; a refusal is a last value that says why.
 */
export function listen(request: Request, headers: Record<string, string>, tell: (news: Partial<Exchange>) => void): AsyncIterableIterator<ExecutionResult> {
  const started = performance.now();
  let refusal: Promise<ExecutionResult<Json>> | undefined;
  const client = createClient({
    url: '/graphql',
    headers: withoutMedia(headers),
    async retry(attempt) {
      if (refusal) throw new Error('refused'); // to ask again would be refused again
      tell({ failure: 'The server cannot be reached: trying again.' });
      await backOff(attempt);
    },
    async fetchFn(...args: Parameters<typeof fetch>) {
      const response = await fetch(...args);
      tell({ status: response.status, headers: response.headers });
      if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
        const copy = response.clone();
        refusal = copy.text().then((text) => read(copy, text));
      }
      return response;
    },
  });
  const values = client.iterate<Json>(request);
  const over = { done: true, value: undefined } as const;
  let milliseconds: number | undefined;
  const hear = (result: ExecutionResult<Json>) => {
    milliseconds ??= performance.now() - started;
    tell({ result, milliseconds, bytes: new Blob([JSON.stringify(result)]).size, failure: undefined });
    return { done: false, value: result } as const;
  };
  let ended = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) return over;
      try {
        const { done, value } = await values.next();
        if (!done) return hear(value as ExecutionResult<Json>);
        tell({ open: false });
        return over;
      } catch {
        ended = true;
        const last = hear(refusal ? await refusal : { errors: [new GraphQLError('The server cannot be reached any more.')] });
        tell({ open: false });
        return last;
      }
    },
    async return() {
      ended = true;
      client.dispose();
      await values.return?.();
      tell({ open: false });
      return over;
    },
  };
}

/** The client says itself what it sends and accepts. */
function withoutMedia(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !['accept', 'content-type'].includes(name.toLowerCase())));
}
