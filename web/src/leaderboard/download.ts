import { Refused } from '../shared/client';
import { save } from '../shared/save';
import type { Key } from '../shared/use-key';
import { maxRows, type Choices } from './choices';
import { rankingVariables, tableQuery, type Range } from './queries';

/** Saves the ranking as the API writes it in CSV: all of it, up to maxRows partners. */
export async function downloadTable(key: Key, choices: Choices, range: Range): Promise<void> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/csv', Authorization: `Bearer ${key.value}` },
    body: JSON.stringify({ query: tableQuery, variables: { ...rankingVariables(choices), first: maxRows } }),
  });
  key.onStatus(response.status);
  if (!response.headers.get('Content-Type')?.startsWith('text/csv')) {
    const error = (await response.json().catch(() => null))?.errors?.[0];
    throw new Refused(error?.message ?? `HTTP ${response.status}`, response.status, error?.extensions?.code ?? '');
  }
  const last = new Date(Date.parse(range.end.slice(0, 10)) - 1).toISOString().slice(0, 10);
  save(`leaderboard-${range.start.slice(0, 10)}-${last}.csv`, await response.blob());
}
