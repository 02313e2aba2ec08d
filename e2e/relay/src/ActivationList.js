import { graphql } from 'relay-runtime';

graphql`
  query ActivationListQuery($filter: ActivationFilter) {
    ...ActivationList_query
  }
`;

graphql`
  fragment ActivationList_query on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" })
  @refetchable(queryName: "ActivationListPageQuery") {
    activations(filter: $filter, first: $first, after: $after)
      @connection(key: "ActivationList_activations", filters: ["filter"]) {
      __id
      edges {
        node {
          id
          ...ActivationCard_activation
        }
      }
    }
  }
`;

graphql`
  mutation ActivationListCreateMutation($input: CreateActivationInput!, $connections: [ID!]!) {
    createActivation(input: $input) {
      activation @prependNode(connections: $connections, edgeTypeName: "ActivationEdge") {
        id
        ...ActivationCard_activation
      }
    }
  }
`;

graphql`
  mutation ActivationListDeleteMutation($activationId: String!, $connections: [ID!]!) {
    deleteActivation(activationId: $activationId) {
      deletedActivationId @deleteEdge(connections: $connections)
    }
  }
`;
