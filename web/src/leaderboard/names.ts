/** The API's enumerations, by the names that people read. */
export const periods = {
  CURRENT_YEAR: 'This year',
  LAST_YEAR: 'Last year',
  CURRENT_QUARTER: 'This quarter',
  LAST_QUARTER: 'Last quarter',
  CURRENT_MONTH: 'This month',
  LAST_MONTH: 'Last month',
  LAST_30_DAYS: 'Last 30 days',
  LAST_90_DAYS: 'Last 90 days',
  LAST_6_MONTHS: 'Last 6 months',
  LAST_12_MONTHS: 'Last 12 months',
};
export type Period = keyof typeof periods;

export const comparisons = {
  SAME_ELAPSED: 'Before, so far',
  PREVIOUS_PERIOD: 'Whole period before',
  PREVIOUS_YEAR: 'A year before',
  WEEKDAY_MATCHED: 'Same weekdays before',
};
export type Comparison = keyof typeof comparisons;

export const partnerTypes = { REFERRAL: 'Referral', RESELLER: 'Reseller', DISTRIBUTOR: 'Distributor' };
export type PartnerType = keyof typeof partnerTypes;

/** ALL is no filter; a partner may have it. */
export const leadDirections = { RECEIVED: 'Received', SENT: 'Sent' };
export type LeadDirection = keyof typeof leadDirections;

export const orderFields = {
  NAME: 'Partner',
  TOTAL_SESSIONS: 'Sessions',
  TOTAL_PAGE_VIEWS: 'Page views',
  UNIQUE_USERS: 'Users',
  AVG_SESSION_DURATION: 'Average duration',
};
export type OrderField = keyof typeof orderFields;

export const directions = { ASC: 'ascending', DESC: 'descending' } as const;
export type Direction = keyof typeof directions;

export const intervals = { HOUR: 'hour', DAY: 'day', WEEK: 'week', MONTH: 'month' };
export type Interval = keyof typeof intervals;

export const measures = {
  totalSessions: 'Sessions',
  totalPageViews: 'Page views',
  uniqueUsers: 'Users',
  avgSessionDurationSeconds: 'Average duration',
};
export type Measure = keyof typeof measures;
