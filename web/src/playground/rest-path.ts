import { getOperationAST, Kind, parse, valueFromASTUntyped, type FieldNode, type OperationDefinitionNode } from 'graphql';
import type { Json } from '../chart/selection';
import type { Request } from './exchange';

/** A REST path that answers the same question, or why there is none. */
export type RestPath = { path: string; note: string } | { none: string };

const none = (reason: string): RestPath => ({ none: reason });

/** Recognises the three documented contracts by the operation's one field and its arguments. */
export function restPathOf(request: Request, accessKey: string | undefined): RestPath {
  try {
    return pathOf(request, accessKey);
  } catch {
    return none('REST has no path for it: its arguments cannot be read.'); // half of an instant, say, that is being typed
  }
}

function pathOf({ query, variables, operationName }: Request, accessKey: string | undefined): RestPath {
  const operation = getOperationAST(parse(query), operationName);
  if (operation?.operation !== 'query') return none('REST has no path for it: its three paths are queries.');
  const [node, ...others] = operation.selectionSet.selections;
  if (node?.kind !== Kind.FIELD || others.length) return none('REST has no path for it: a path answers one field.');
  const given = { ...defaults(operation), ...variables };
  const values = argumentsOf(node, given);
  switch (node.name.value) {
    case 'activation':
      return partnerStats(node, values);
    case 'partnerLeaderboard':
      return leaderboard(values);
    case 'campaigns':
      return campaigns(values, accessKey);
    default:
      return none(`REST has no path for ${node.name.value}: it has one activation’s numbers, the leaderboard, and campaigns by the time they are scheduled.`);
  }
}

function partnerStats(node: FieldNode, { activationId }: Json): RestPath {
  const metrics = node.selectionSet?.selections.find((of) => of.kind === Kind.FIELD && of.name.value === 'metrics');
  if (metrics?.kind !== Kind.FIELD) return none('REST has no path for it: of an activation it has the metrics alone.');
  if (metrics.arguments?.length) return none('REST has no path for it: it has the whole window of an activation, and no part of it.');
  return {
    path: `/api/partner-stats/${encodeURIComponent(String(activationId ?? ''))}?token=$TOKEN`,
    note: 'The eleven metrics over the whole window, for the activation’s token.',
  };
}

function leaderboard({ range, filter, first, ...others }: Json): RestPath {
  const [unknown] = Object.keys(others);
  if (unknown) return none(`REST has no path for it: its leaderboard has no ${unknown}.`);
  const { period, dates, instants } = (range ?? {}) as { period?: string; dates?: { startDate: string; endDate: string }; instants?: unknown };
  if (instants) return none('REST has no path for it: its leaderboard has periods and dates, not instants.');
  if (Object.values((filter ?? {}) as Json).some((value) => Array.isArray(value) && value.length === 0))
    return none('REST has no path for it: an empty list of its leaderboard lets everyone pass.');
  if (Number(first ?? 25) > 100) return none('REST has no path for it: its leaderboard has at most 100 partners.');
  const parts: [string, unknown][] = [
    ['period', period?.toLowerCase()],
    ['start_date', dates?.startDate],
    ['end_date', dates?.endDate],
    ...filters((filter ?? {}) as Json),
    ['limit', first],
  ];
  return { path: `/v1/analytics/engagement/partners${queryString(parts)}`, note: 'Unique users, sessions, page views and mean duration; nothing earlier, no series.' };
}

function filters(filter: Json): [string, unknown][] {
  return Object.entries(filter)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      Array.isArray(value) ? value.join(',') : String(value).toLowerCase(),
    ]);
}

function campaigns({ scheduled, campaignKeys, first: _, ...others }: Json, accessKey: string | undefined): RestPath {
  const { start, end } = (scheduled ?? {}) as { start?: string; end?: string };
  if (!start || !end) return none('REST has no path for it: its campaigns are those scheduled in a span of at most a week.');
  if (Array.isArray(campaignKeys) && campaignKeys.length === 0) return none('REST has no path for it: an empty list of its campaigns lets all pass.');
  if ('after' in others) return none('REST has no path for it: it has no pages.');
  if (Date.parse(end) - Date.parse(start) > 168 * 3_600_000) return none('REST has no path for it: its span is at most 168 hours.');
  const parts: [string, unknown][] = [
    ['from', seconds(start)],
    ['to', seconds(end)],
    ['campaignKeys', Array.isArray(campaignKeys) ? campaignKeys.join(',') : undefined],
  ];
  return { path: `/v2/${accessKey ?? '$ACCESS_KEY'}/campaign/stats${queryString(parts)}`, note: 'Every campaign of the span, with its totals.' };
}

const seconds = (instant: string) => `${new Date(instant).toISOString().slice(0, 19)}Z`;

function queryString(parts: [string, unknown][]): string {
  const given = parts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll('%3A', ':').replaceAll('%2C', ',')}`).join('&')}` : '';
}

const argumentsOf = (node: FieldNode, variables: Json): Json =>
  Object.fromEntries(
    (node.arguments ?? [])
      .map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)] as const)
      .filter(([, value]) => value !== undefined && value !== null),
  );

const defaults = (operation: OperationDefinitionNode): Json =>
  Object.fromEntries(
    (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
