import { ask } from './gateway.mjs';

/** The names that the API ranks. */
export async function ranked(variables) {
  const data = await ask(
    `query Names($range: RangeInput, $timeZone: TimeZone, $filter: PartnerFilter, $orderBy: PartnerOrder, $first: Int! = 25) {
      partnerLeaderboard(range: $range, timeZone: $timeZone, filter: $filter, orderBy: $orderBy, first: $first) {
        totalCount
        edges { rank node { uuid name tier { uuid name } } engagement { totalSessions totalPageViews uniqueUsers } }
      }
    }`,
    variables,
  );
  return data.partnerLeaderboard;
}
export const namesOf = ({ edges }) => edges.map(({ node }) => node.name);
