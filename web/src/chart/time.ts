const instant = /^(.*?)(Z|[+-]\d\d:\d\d)$/;

/** The wall clock of an instant's own offset, written as if it were UTC: so days begin at midnight and clock changes leave no gap. */
export function wallClock(start: string): number {
  return Date.parse(`${start.match(instant)?.[1] ?? start}Z`);
}

/** The offset that an instant is written with: UTC+05:30. */
export function offsetOf(start: string): string {
  const offset = start.match(instant)?.[2] ?? 'Z';
  return offset === 'Z' ? 'UTC' : `UTC${offset}`;
}

/** An instant on the wall clock of the reader, written as if it were UTC. */
export function readersClock(instant: number): number {
  return instant - new Date(instant).getTimezoneOffset() * 60_000;
}

export const readersZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const minute = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const second = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit', second: '2-digit' });

const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });

/** The time of a tick within days, with the date at the first and where one begins. */
export function clockTick(at: Date, index: number): string {
  const time = (at.getUTCSeconds() ? second : clock).format(at);
  return index === 0 || time === '00:00' ? `${time}\n${date.format(at)}` : time;
}

/** A wall clock's time as people read it, as fine as its neighbour is near. */
export function timeText(at: number, step: number): string {
  if (step >= 86_400_000 / 2) return day.format(at);
  return step >= 60_000 ? minute.format(at) : second.format(at);
}
