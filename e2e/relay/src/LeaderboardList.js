import { graphql } from 'relay-runtime';

graphql`
  query LeaderboardListQuery($range: RangeInput!) {
    ...LeaderboardList_query
  }
`;

graphql`
  fragment LeaderboardList_query on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 6 }, after: { type: "String" })
  @refetchable(queryName: "LeaderboardListPageQuery") {
    partnerLeaderboard(range: $range, first: $first, after: $after)
      @connection(key: "LeaderboardList_partnerLeaderboard", filters: ["range"]) {
      totalCount
      edges {
        rank
        node {
          id
          name
        }
        engagement {
          totalSessions
        }
      }
    }
  }
`;
