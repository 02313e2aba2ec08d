const locale = 'en-GB'; // 20:14:30, as studios' clocks have it

const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
const hourAndMinute = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });

/** The reader's time zone. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const clock = (at: number) => timeOfDay.format(at);
export const shortClock = (at: number) => hourAndMinute.format(at);
export const date = (at: number) => day.format(at);

/** Date and time, without the date on the day of `now`. */
export const moment = (at: number, now: number) =>
  date(at) === date(now) ? shortClock(at) : `${date(at)}, ${shortClock(at)}`;
