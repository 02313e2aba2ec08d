import { GraphQLError, getOperationAST, parse, type ExecutionResult } from 'graphql';
import type { GraphiQLProps } from 'graphiql';
import type { Json } from '../chart/selection';
import type { Exchange, Exchanges, Request } from './exchange';
import { listen } from './listen';

export type Fetcher = GraphiQLProps['fetcher'];

type News = (news: Partial<Exchange>) => void;

const introspection = 'IntrospectionQuery'; // as the editor calls its own

const unheard: News = () => {};

/** Asks what a query cost: the answer says so in its extensions. */
const media = {
  'Content-Type': 'application/json',
  Accept: 'application/graphql-response+json, application/json;q=0.9',
  'X-Footfall-Cost': '1',
};

/**
 * GraphQL over HTTP against this origin. The key is read for every request, so that one typed a moment ago counts.
 * onStatus hears the HTTP status of each answer; exchanges hear of what people send, which introspection is not.
 */
export function createFetcher(key: () => string, onStatus: (status: number) => void, exchanges: Exchanges): Fetcher {
  return async ({ query, variables, operationName }, options) => {
    const request: Request = { query, variables: variables ?? {}, operationName: nameIn(query, operationName ?? undefined) };
    const headers = { ...media, ...authorization(key()), ...options?.headers };
    const live = isSubscription(request);
    const tell = operationName === introspection ? unheard : exchanges.begin(request, live);
    const heard: News = (news) => {
      if (news.status !== undefined) onStatus(news.status);
      tell(news);
    };
    return live ? listen(request, headers, heard) : ask(request, headers, heard);
  };
}

async function ask(request: Request, headers: Record<string, string>, tell: News): Promise<ExecutionResult<Json>> {
  const started = performance.now();
  try {
    const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(request) });
    const text = await response.text();
    const result = read(response, text);
    tell({
      open: false,
      status: response.status,
      headers: response.headers,
      milliseconds: performance.now() - started,
      bytes: new Blob([text]).size,
      result,
    });
    return result;
  } catch {
    const failure = 'The server cannot be reached.';
    tell({ open: false, failure });
    return { errors: [new GraphQLError(failure)] }; // the editor shows what is thrown with its stack
  }
}

/** An answer that is no JSON is an error that quotes it. */
export function read(response: Response, text: string): ExecutionResult<Json> {
  try {
    if (response.headers.get('Content-Type')?.includes('json')) return JSON.parse(text);
  } catch {
    // quoted like any other
  }
  return { errors: [new GraphQLError(`HTTP ${response.status}: ${text.slice(0, 500)}`)] };
}

export const authorization = (key: string): Record<string, string> => (key ? { Authorization: `Bearer ${key}` } : {});

/**
 * The name to run a query by. The editor looks at what it holds a moment after that was changed, and until then names an
 * operation of the text before: the only one there is must be meant.
 */
export function nameIn(query: string, operationName?: string): string | undefined {
  try {
    const document = parse(query);
    const meant = getOperationAST(document, operationName) ?? getOperationAST(document);
    return meant ? meant.name?.value : operationName;
  } catch {
    return operationName; // the server says what is wrong with it
  }
}

export function isSubscription({ query, operationName }: Request): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}
