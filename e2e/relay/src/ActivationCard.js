import { graphql } from 'relay-runtime';

graphql`
  fragment ActivationCard_activation on Activation
  @argumentDefinitions(range: { type: "RangeInput" })
  @refetchable(queryName: "ActivationCardRefetchQuery") {
    id
    activationId
    eventName
    metrics(range: $range) {
      clickCount
    }
  }
`;
