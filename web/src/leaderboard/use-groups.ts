import { ask } from '../shared/client';
import { useAnswer } from '../shared/use-answer';
import type { Key } from '../shared/use-key';
import { groupsQuery, type Group, type GroupsData } from './queries';

/** What partners can be filtered by, and the tenant's time zone. */
export interface Groups {
  timeZone: string | null;
  categories: Group[];
  tiers: Group[];
  stages: Group[];
}

const none: Groups = { timeZone: null, categories: [], tiers: [], stages: [] };

export function useGroups(key: Key) {
  const { held, problem, retry } = useAnswer<Groups>(key.value || null, async (signal) => {
    const { range, nodes } = (await ask<GroupsData>(key.value, groupsQuery, {}, { signal })).partnerLeaderboard;
    return {
      timeZone: range.timeZone,
      categories: distinct(nodes.flatMap(({ categories }) => categories)),
      tiers: distinct(nodes.map(({ tier }) => tier)),
      stages: distinct(nodes.map(({ stage }) => stage)),
    };
  });
  return { groups: held?.question === key.value ? held.data : none, problem, retry };
}

function distinct(groups: (Group | null)[]): Group[] {
  const byUuid = new Map(groups.filter((group) => group !== null).map((group) => [group.uuid, group]));
  return [...byUuid.values()].sort((a, b) => a.name.localeCompare(b.name));
}
