import { ask } from '../shared/client';
import { useAnswer } from '../shared/use-answer';
import type { Key } from '../shared/use-key';
import { haveSpan, type Choices } from './choices';
import { chosenInterval, rankingQuery, rankingVariables, type RankingData } from './queries';

/** Which order rows are in: after a failure it is not the one that was asked for last. */
export type Order = Pick<Choices, 'orderBy' | 'direction'>;

export interface Ranking extends PartnerLeaderboard {
  order: Order;
}

type PartnerLeaderboard = RankingData['partnerLeaderboard'];

interface Page extends Ranking {
  /** What was asked, but for how many rows. */
  asked: string;
}

/** The ranking that choices name. More rows of the same are asked for after those that are there. */
export function useRanking(key: Key, choices: Choices) {
  const variables = haveSpan(choices) ? { ...rankingVariables(choices), interval: chosenInterval(choices) } : null;
  const asked = JSON.stringify([key.value, variables]);
  const question = key.value && variables ? JSON.stringify([asked, choices.rows]) : null;

  const { held, ...rest } = useAnswer<Page>(question, async (signal, held) => {
    const before = held?.data.asked === asked && held.data.edges.length < choices.rows ? held.data : null;
    const { partnerLeaderboard: page } = await ask<RankingData>(
      key.value,
      rankingQuery,
      { ...variables, first: choices.rows - (before?.edges.length ?? 0), after: before?.pageInfo.endCursor ?? null },
      { signal, onStatus: key.onStatus },
    );
    const { orderBy, direction } = choices;
    return { ...page, edges: [...(before?.edges ?? []), ...page.edges], order: { orderBy, direction }, asked };
  });
  return { ...rest, ranking: question && held && isOf(key.value, held.data) ? held.data : null };
}

/** Another key may be another customer's: its rows are not shown as ours. */
const isOf = (key: string, page: Page) => page.asked.startsWith(JSON.stringify([key]).slice(0, -1));
