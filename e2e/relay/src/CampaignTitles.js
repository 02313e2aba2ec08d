import { graphql } from 'relay-runtime';

graphql`
  query CampaignTitlesQuery($first: Int!, $after: String) {
    campaigns(first: $first, after: $after) @connection(key: "CampaignTitles_campaigns", filters: []) {
      edges {
        node {
          id
          title @required(action: THROW)
        }
      }
    }
  }
`;
