import type { Exchange } from './exchange';

/** What went wrong with an exchange, in one line; null when nothing did. */
export function troubleOf({ failure, status, headers, result }: Exchange): string | null {
  if (failure) return failure;
  if (status === 401) return 'The server refused the key: type another one at the top.';
  if (status === 429) {
    const seconds = headers?.get('Retry-After');
    return `Too much was asked in a short time: try again ${seconds ? `in ${seconds} s` : 'later'}.`;
  }
  const [error, ...more] = result?.errors ?? [];
  if (!error) return null;
  return `${error.message}${more.length ? ` (and ${more.length} more errors)` : ''}`;
}
