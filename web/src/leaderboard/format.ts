import { duration, figure } from '../chart/numbers';
import type { Measure } from './names';
import type { Range } from './queries';

/** A measure's value, in its unit. */
export const amount = (measure: Measure | 'totalSessionSeconds', value: number | null) =>
  isDuration(measure) ? duration(value) : figure(value);

export const isDuration = (measure: string) => measure.endsWith('Seconds');

/** A name of an enumeration that is not ours to know in full: REFERRAL as Referral. */
export const sentenceCase = (name: string) => name.charAt(0) + name.slice(1).toLowerCase().replaceAll('_', ' ');

const dayOf = (timeZone: string) => new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric' });

/** An instant in a time zone: 28 Nov 2026, 21:38. */
export const moment = (at: string, timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(
    new Date(at),
  );

/** The days of a range, both inclusive: 1 – 30 Apr 2026. With the time of its end where that is not midnight. */
export function days({ start, end, timeZone }: Range): string {
  const last = new Date(Date.parse(end) - 1);
  const text = dayOf(timeZone).formatRange(new Date(start), last);
  return /T00:00:00/.test(end) ? text : `${text}, ${end.slice(11, 16)}`;
}
