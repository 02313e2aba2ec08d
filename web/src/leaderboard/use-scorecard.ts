import { ask } from '../shared/client';
import { useAnswer } from '../shared/use-answer';
import type { Key } from '../shared/use-key';
import type { Choices } from './choices';
import { hasBegun, scorecardQuery, seriesQuery, seriesVariables, spanVariables, type ScorecardData, type SeriesData } from './queries';

export function useScorecard(key: Key, choices: Choices, uuid: string) {
  const variables = { uuid, ...spanVariables(choices) };
  const card = useAnswer<ScorecardData>(key.value ? JSON.stringify([key.value, variables]) : null, (signal) =>
    ask(key.value, scorecardQuery, variables, { signal, onStatus: key.onStatus }),
  );

  const engagement = card.held?.data.partner?.engagement;
  const begun = engagement && hasBegun(engagement.range, engagement.asOf);
  const wanted = begun ? seriesVariables(uuid, engagement.range, engagement.change.previousRange) : undefined;
  const series = useAnswer<SeriesData>(wanted ? JSON.stringify([key.value, wanted]) : null, (signal) =>
    ask(key.value, seriesQuery, wanted, { signal, onStatus: key.onStatus }),
  );

  return {
    card: card.held?.data ?? null,
    series: series.held?.data.partner ?? null,
    problem: card.problem ?? series.problem,
    retry: card.problem ? card.retry : series.retry,
  };
}
