import type { Demo } from '../shared/config';
import activationReport from './examples/activation-report.graphql?raw';
import campaignCurve from './examples/campaign-curve.graphql?raw';
import leaderboard from './examples/leaderboard.graphql?raw';
import onAir from './examples/on-air.graphql?raw';
import sources from './examples/sources.graphql?raw';

export interface Example {
  name: string;
  query: string;
  variables: string;
}

/** One worked example for each job. With sample data they run as they are; without, a comment says where to find an id. */
export function examplesFor(demo: Demo | null): Example[] {
  const activation = variable('activationId', demo?.activationId, 'activations(first: 5) { nodes { activationId eventName } }');
  const campaign = variable('campaignKey', demo?.campaignKey, 'campaigns(first: 5) { nodes { campaignKey title } }');
  const reports = [
    { name: 'Activation report', query: activationReport, variables: activation },
    { name: 'Campaign curve', query: campaignCurve, variables: campaign },
    { name: 'Sources, day by day', query: sources, variables: activation },
    { name: 'On air, live', query: onAir, variables: campaign },
  ];
  const ranking = { name: 'Leaderboard', query: leaderboard, variables: '' };
  return demo ? [reports[0]!, ranking, ...reports.slice(1)] : [ranking, ...reports]; // what answers without an id comes first
}

function variable(name: string, value: string | undefined, lookUp: string): string {
  if (value) return JSON.stringify({ [name]: value }, null, 2);
  return `// One of yours: run { ${lookUp} } to see some.\n${JSON.stringify({ [name]: '' }, null, 2)}`;
}
