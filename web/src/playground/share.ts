import { getOperationAST, parse } from 'graphql';
import type { Request } from './exchange';
import { isSubscription } from './fetcher';

/** A link to the Playground that opens the request in a tab. All of it is in the fragment, which is never sent to a server. */
export function linkTo({ query, variables, operationName }: Request, origin: string): string {
  const parts = new URLSearchParams({ query });
  if (Object.keys(variables).length) parts.set('variables', JSON.stringify(variables, null, 2));
  if (operationName) parts.set('operationName', operationName);
  return `${origin}/playground#${parts}`;
}

export interface Shared {
  query: string;
  variables: string;
}

/** What a link's fragment holds; null when it holds none. */
export function sharedIn(fragment: string): Shared | null {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const query = parts.get('query');
  return query ? { query, variables: parts.get('variables') ?? '' } : null;
}

/** One word for the shell, whatever is in it. */
export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export function curlOf(request: Request, origin: string): string {
  const live = isSubscription(request);
  const { query, variables, operationName } = request;
  const body = { query, ...(Object.keys(variables).length ? { variables } : {}), ...(operationName ? { operationName } : {}) };
  return [
    `curl${live ? ' -N' : ''} ${origin}/graphql`,
    `-H "Authorization: Bearer $KEY"`,
    `-H 'Content-Type: application/json'`,
    ...(live ? [`-H 'Accept: text/event-stream'`] : []),
    `-d ${quoted(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

export interface TrustedDocument {
  manifest: string;
  /** How the document is asked for once the gateway knows it; null for what GET may not do. */
  url: string | null;
}

/** An operation as a persisted query manifest of Apollo's, whose id is the text's SHA-256 as the gateway computes it too. */
export async function trustedDocument({ query, variables, operationName }: Request, origin: string): Promise<TrustedDocument> {
  const operation = getOperationAST(parse(query), operationName);
  const name = operation?.name?.value ?? 'Unnamed';
  const type = operation?.operation ?? 'query';
  const id = await sha256(query);
  const operations = [{ id: id ?? name, name, type, body: query }];
  const manifest = JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 2);
  const parameters = new URLSearchParams({ documentId: id ?? name });
  if (Object.keys(variables).length) parameters.set('variables', JSON.stringify(variables));
  return { manifest, url: type === 'query' ? `${origin}/graphql?${parameters}` : null };
}

/** null where browsers do not compute it: on a page that came by plain HTTP from another machine. */
async function sha256(text: string): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
