/** What the API says of a measure: its query metricDefinitions. */
export interface Definition {
  type: string;
  name: string;
  unit: Unit;
  additive: boolean;
  aggregate: string | null;
  actions: string[];
}

export type Unit = 'COUNT' | 'SECONDS' | 'PERCENT' | 'RATIO' | 'INSTANT';

export interface Measure {
  /** Where the numbers are within an element, by response keys: metrics.clickCount. */
  id: string;
  label: string;
  unit: Unit;
  /** Whether parts of it add up to the whole. */
  additive: boolean;
  definition?: Definition;
}

export type Values = Record<string, number | null>;

export interface Point {
  /** The wall clock of its time zone, written as if it were UTC, in milliseconds. */
  at: number;
  /** The instant as it was answered. */
  start: string;
  partial: boolean;
  values: Values;
  previous: Values;
}

export interface Curve {
  name: string;
  /** Whether it is what is in no row. */
  rest: boolean;
  points: Point[];
}

export interface Bar {
  /** One text, or the values of two dimensions. */
  names: string[];
  rest: boolean;
  values: Values;
  previous: Values;
}

export interface Series {
  kind: 'series';
  title: string;
  measures: Measure[];
  curves: Curve[];
  /** Whether the curves are parts of a whole. */
  parts: boolean;
  timeZone: string;
}

export interface Bars {
  kind: 'bars';
  title: string;
  measures: Measure[];
  bars: Bar[];
  /** Whether the bars are parts of a whole. */
  parts: boolean;
}

export interface Funnel {
  kind: 'funnel';
  title: string;
  measures: Measure[];
  steps: { name: string; value: number }[];
}

export type Chart = Series | Bars | Funnel;

const unitNames: Record<Unit, string> = {
  COUNT: 'number',
  SECONDS: 'seconds',
  PERCENT: '%',
  RATIO: 'per one',
  INSTANT: 'time',
};

const groupNames: Record<Unit, string> = {
  COUNT: 'All counts',
  SECONDS: 'All durations',
  PERCENT: 'All percentages',
  RATIO: 'All ratios',
  INSTANT: 'All times',
};

/** What measures of one unit are called together. */
export const groupName = (unit: Unit) => groupNames[unit];

export const unitName = (unit: Unit) => unitNames[unit];

/** A field's name as people write it: uniqueSessionCount is “Unique session count”. */
export function words(name: string): string {
  const text = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const nameOf = (bar: Bar) => bar.names.filter(Boolean).join(' · ');
