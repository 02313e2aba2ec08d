import type { Choices } from './choices';
import type { Interval, Measure, Period } from './names';

export { default as groupsQuery } from './groups.graphql?raw';
export { default as rankingQuery } from './ranking.graphql?raw';
export { default as scorecardQuery } from './scorecard.graphql?raw';
export { default as seriesQuery } from './series.graphql?raw';
export { default as tableQuery } from './table.graphql?raw';

export interface Range {
  start: string;
  end: string;
  timeZone: string;
  partial: boolean;
}

/** Whether any of a range was over when it was counted. */
export const hasBegun = ({ start }: Range, asOf: string) => Date.parse(start) < Date.parse(asOf);

export interface Change {
  absolute: number | null;
  percent: number | null;
}

export type Measures = Record<Exclude<Measure, 'avgSessionDurationSeconds'>, number> & { avgSessionDurationSeconds: number | null };
export type Changes = Record<Measure, Change> & { previousRange: Range };

export interface Group {
  uuid: string;
  name: string;
}

export interface Edge {
  rank: number;
  node: {
    uuid: string;
    name: string;
    partnerType: string;
    tier: { name: string } | null;
    timeSeries: { points: { start: string; partial: boolean; engagement: { totalSessions: number } }[] };
  };
  engagement: Measures & { asOf: string; change: Changes };
}

export interface RankingData {
  partnerLeaderboard: {
    totalCount: number;
    range: Range;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    edges: Edge[];
  };
}

export interface GroupsData {
  partnerLeaderboard: { range: { timeZone: string }; nodes: { categories: Group[]; tier: Group | null; stage: Group | null }[] };
}

export interface Shares {
  truncated: boolean;
  rows: { values: (string | null)[]; metrics: { totalSessions: number } }[];
  other: { totalSessions: number } | null;
}

export interface ScorecardData {
  metricDefinitions: { name: string; definition: string }[];
  partner: {
    name: string;
    partnerType: string;
    leadDirection: string | null;
    categories: Group[];
    tier: { name: string } | null;
    stage: { name: string } | null;
    engagement: Measures & {
      asOf: string;
      range: Range;
      totalSessionSeconds: number;
      change: Changes & { totalSessionSeconds: Change };
    };
    source: Shares;
    country: Shares;
    device: Shares;
  } | null;
}

export interface Point {
  start: string;
  partial: boolean;
  engagement: Measures;
}

export interface SeriesData {
  partner: { current: { points: Point[] }; earlier: { points: Point[] } };
}

/** The range that choices name, as variables of every query here. */
export function spanVariables({ dates, period, timeZone, comparison }: Choices) {
  return { range: dates ? { dates } : { period }, timeZone, comparison };
}

/** The ranking that choices name. */
export function rankingVariables(choices: Choices) {
  const { partnerType, leadDirection, categoryUuids, tierUuids, stageUuids, orderBy, direction } = choices;
  const any = (uuids: string[]) => (uuids.length > 0 ? uuids : null);
  return {
    ...spanVariables(choices),
    filter: {
      partnerType,
      leadDirection,
      categoryUuids: any(categoryUuids),
      tierUuids: any(tierUuids),
      stageUuids: any(stageUuids),
    },
    orderBy: { field: orderBy, direction },
  };
}

const day = 24 * 3600 * 1000;

/** The bucket that shows a span's shape: some 10 to 60 points. */
export function intervalOf(start: string, end: string): Interval {
  const days = (Date.parse(end) - Date.parse(start)) / day;
  if (days < 2.5) return 'HOUR';
  if (days < 62.5) return 'DAY';
  return days < 400 ? 'WEEK' : 'MONTH';
}

const dailyPeriods: Period[] = ['CURRENT_MONTH', 'LAST_MONTH', 'LAST_30_DAYS'];

/** The same before the range is known. */
export function chosenInterval({ dates, period }: Choices): Interval {
  if (dates) return intervalOf(dates.startDate, new Date(Date.parse(dates.endDate) + day).toISOString());
  return dailyPeriods.includes(period) ? 'DAY' : 'WEEK';
}

const weekdays = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

/** The series of one partner over a range and the earlier one. Weeks start with each range, so that both have whole ones. */
export function seriesVariables(uuid: string, range: Range, earlier: Range) {
  const weekStart = ({ start }: Range) => weekdays[new Date(start.slice(0, 10)).getUTCDay()];
  const instants = ({ start, end }: Range) => ({ instants: { start, end } });
  return {
    uuid,
    range: instants(range),
    weekStart: weekStart(range),
    earlierRange: instants(earlier),
    earlierWeekStart: weekStart(earlier),
    interval: intervalOf(range.start, range.end),
    timeZone: range.timeZone,
  };
}
