import type { Definition } from '../chart/model';
import { byCoordinate, type Definitions } from '../chart/numbers-of';
import { ask } from '../shared/client';
import { useAnswer } from '../shared/use-answer';
import query from './metric-definitions.graphql?raw';

const none: Definitions = new Map();

/** What the API says of its measures, asked once for a key; null until it has answered. */
export function useDefinitions(key: string): Definitions | null {
  const { held, problem } = useAnswer<Definitions>(key || null, async (signal) =>
    byCoordinate((await ask<{ metricDefinitions: Definition[] }>(key, query, {}, { signal })).metricDefinitions),
  );
  if (held?.question === key) return held.data;
  return problem === null ? null : none;
}
