import { comparisons, directions, leadDirections, orderFields, partnerTypes, periods } from './names';
import type { Comparison, Direction, LeadDirection, OrderField, PartnerType, Period } from './names';

/** What the page shows. It lives in the query string, by the names that the REST path has where it has them. */
export interface Choices {
  /** Counts unless dates do. */
  period: Period;
  /** Both inclusive; as they were given, so they may be of no use. */
  dates: Dates | null;
  /** null is the tenant's own. */
  timeZone: string | null;
  comparison: Comparison;
  partnerType: PartnerType | null;
  leadDirection: LeadDirection | null;
  categoryUuids: string[];
  tierUuids: string[];
  stageUuids: string[];
  orderBy: OrderField;
  direction: Direction;
  /** How many partners are listed. */
  rows: number;
  /** The partner whose scorecard is open. */
  partner: string | null;
}

export interface Dates {
  startDate: string;
  endDate: string;
}

export const pageRows = 25;
/** The most that one query gives. */
export const maxRows = 1000;

const defaultPeriod = 'CURRENT_YEAR';
const defaultComparison = 'SAME_ELAPSED';
const defaultOrder = 'TOTAL_SESSIONS';
/** Which way a column is sorted at first: names from A, numbers from the largest. */
export const firstDirection = (field: OrderField): Direction => (field === 'NAME' ? 'ASC' : 'DESC');

/** Reads a query string. What it does not know, it ignores, but for dates: another period's numbers are not what was asked for. */
export function parseChoices(search: string): Choices {
  const query = new URLSearchParams(search);
  const one = <T extends string>(name: string, values: Record<T, unknown>): T | null => {
    const value = query.get(name)?.toUpperCase() ?? '';
    return Object.hasOwn(values, value) ? (value as T) : null;
  };
  const uuids = (name: string) => query.getAll(name).flatMap((value) => value.split(',')).filter(isUuid);
  const given = query.has('start_date') || query.has('end_date');
  const orderBy = one('order_by', orderFields) ?? defaultOrder;
  const rows = Number(query.get('rows'));
  return {
    period: one('period', periods) ?? defaultPeriod,
    dates: given ? { startDate: query.get('start_date') ?? '', endDate: query.get('end_date') ?? '' } : null,
    timeZone: timeZone(query.get('time_zone')),
    comparison: one('compare', comparisons) ?? defaultComparison,
    partnerType: one('partner_type', partnerTypes),
    leadDirection: one('lead_direction', leadDirections),
    categoryUuids: uuids('category_uuids'),
    tierUuids: uuids('tier_uuids'),
    stageUuids: uuids('stage_uuids'),
    orderBy,
    direction: one('order', directions) ?? firstDirection(orderBy),
    rows: Number.isInteger(rows) && rows > 0 ? Math.min(rows, maxRows) : pageRows,
    partner: [query.get('partner') ?? ''].find(isUuid) ?? null,
  };
}

/** The query string of choices, without what is so by default. */
export function formatChoices(choices: Choices): string {
  const query = spanAndFilter(choices);
  const add = (name: string, value: string | number | null, unless: string | number | null = null) => {
    if (value !== unless) query.append(name, String(value));
  };
  add('time_zone', choices.timeZone);
  add('compare', choices.comparison.toLowerCase(), defaultComparison.toLowerCase());
  add('order_by', choices.orderBy.toLowerCase(), defaultOrder.toLowerCase());
  add('order', choices.direction.toLowerCase(), firstDirection(choices.orderBy).toLowerCase());
  add('rows', choices.rows, pageRows);
  add('partner', choices.partner);
  return readable(query);
}

/** The REST path that answers the same for one partner, in days of the tenant's time zone. */
export function restPath(choices: Choices, uuid: string): string {
  const query = spanAndFilter({ ...choices, partnerType: null, leadDirection: null, categoryUuids: [], tierUuids: [], stageUuids: [] });
  query.append('partner_uuids', uuid);
  return `/v1/analytics/engagement/partners?${readable(query)}`;
}

function spanAndFilter(choices: Choices): URLSearchParams {
  const query = new URLSearchParams();
  if (choices.dates) {
    query.append('start_date', choices.dates.startDate);
    query.append('end_date', choices.dates.endDate);
  } else if (choices.period !== defaultPeriod) query.append('period', choices.period.toLowerCase());
  if (choices.partnerType) query.append('partner_type', choices.partnerType.toLowerCase());
  if (choices.leadDirection) query.append('lead_direction', choices.leadDirection.toLowerCase());
  for (const [name, uuids] of [
    ['category_uuids', choices.categoryUuids],
    ['tier_uuids', choices.tierUuids],
    ['stage_uuids', choices.stageUuids],
  ] as const) {
    if (uuids.length > 0) query.append(name, uuids.join(','));
  }
  return query;
}

const readable = (query: URLSearchParams) => query.toString().replaceAll('%2C', ',').replaceAll('%2F', '/');

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

export const isDate = (text: string) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

/** What is wrong with dates that someone gave; '' when nothing is. */
export function whyNot({ startDate, endDate }: Dates): string {
  if (!startDate || !endDate) return 'Give both days, such as 2026-03-31.';
  const wrong = [noDay('first', startDate), noDay('last', endDate)].filter(Boolean).join(' ');
  if (wrong) return wrong;
  if (startDate > endDate) return 'The first day is after the last.';
  if (startDate < '1900-01-02' || endDate > '2199-12-30') return 'The days must be between 1900 and 2199.';
  return '';
}

/** Says that a text is no day; '' when it is one. Only what looks like one is quoted: a link may hold anything. */
function noDay(which: string, text: string): string {
  if (isDate(text)) return '';
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `There is no ${text}: give another ${which} day.` : `The ${which} day is no date such as 2026-03-31.`;
}

/** Whether there is a span to ask for. */
export const haveSpan = ({ dates }: Choices) => dates === null || whyNot(dates) === '';

function timeZone(name: string | null): string | null {
  if (!name || !/^[a-z]/i.test(name)) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return null;
  }
}
