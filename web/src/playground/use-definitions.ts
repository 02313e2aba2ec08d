import { useEffect, useState } from 'react';
import type { Definition } from '../chart/model';
import { byCoordinate, type Definitions } from '../chart/numbers-of';
import { ask } from '../shared/client';
import query from './metric-definitions.graphql?raw';

/** What the API says of its measures, asked once for a key; null until it has answered. */
export function useDefinitions(key: string): Definitions | null {
  const [definitions, setDefinitions] = useState<Definitions | null>(null);
  useEffect(() => {
    setDefinitions(null);
    if (!key) return;
    const leaving = new AbortController();
    ask<{ metricDefinitions: Definition[] }>(key, query, {}, { signal: leaving.signal })
      .then((data) => setDefinitions(byCoordinate(data.metricDefinitions)))
      .catch(() => leaving.signal.aborted || setDefinitions(new Map()));
    return () => leaving.abort();
  }, [key]);
  return definitions;
}
