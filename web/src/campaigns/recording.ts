import type { Audience, Deed, LiveAnswer, Metrics } from './answers';

/** A value of the subscription; instants are in milliseconds, of the server's clock. */
export interface Heard {
  at: number;
  viewers: number;
  metrics: Metrics;
}

/** What was heard without a break: a value holds until the next. `to` is null while it goes on. */
interface Run {
  from: number;
  to: number | null;
  heard: Heard[];
}

/** All that was heard lately, oldest first. */
export type Recording = readonly Run[];

export interface Point {
  at: number;
  viewers: number;
}

const minute = 60_000;
const kept = 10 * minute;

/** The recording with one more value. The first after a break begins a run. */
export function hear(recording: Recording, answer: LiveAnswer): Recording {
  const { at: instant, viewersNow, metrics } = answer.campaignLive;
  const value = { at: Date.parse(instant), viewers: viewersNow, metrics };
  const last = recording.at(-1);
  const runs =
    last?.to === null
      ? [...recording.slice(0, -1), { ...last, heard: [...last.heard.filter((h) => h.at < value.at), value] }]
      : [...recording, { from: value.at, to: null, heard: [value] }];
  return forget(runs, value.at - kept);
}

function forget(runs: Recording, before: number): Recording {
  return runs
    .filter((run) => (run.to ?? Infinity) > before)
    .map((run) => {
      const from = Math.max(run.from, before);
      const holds = run.heard.findLastIndex((h) => h.at <= from);
      return from === run.from ? run : { ...run, from, heard: run.heard.slice(Math.max(holds, 0)) };
    });
}

/** The recording after its last run broke off. */
export function breakOff(recording: Recording, at: number): Recording {
  const last = recording.at(-1);
  return last?.to === null ? [...recording.slice(0, -1), { ...last, to: at }] : recording;
}

export const latest = (recording: Recording): Heard | undefined => recording.at(-1)?.heard.at(-1);

/** How many a minute over the last 60 seconds, or back to before a break; null while that is not known. */
export function perMinute(recording: Recording, deed: Deed, now: number): number | null {
  const end = latest(recording);
  const run = recording.findLast((r) => r.from <= now - minute);
  if (!end || !run) return null;
  const then = Math.min(now - minute, run.to ?? Infinity);
  const start = run.heard.findLast((h) => h.at <= then);
  if (!start || now - then > 3 * minute) return null;
  return ((end.metrics[deed] - start.metrics[deed]) * minute) / (now - then);
}

/** Seconds until perMinute knows. */
export function untilKnown(recording: Recording, now: number): number {
  const from = recording.at(-1)?.from ?? now;
  return Math.max(0, Math.ceil((from + minute - now) / 1000));
}

/** Viewers over time: by the audience's steps as far as it was read, since late events are in it; then as they were heard. */
export function curve(audience: Audience, recording: Recording, now: number): Point[] {
  const read = Date.parse(audience.asOf);
  const heard = recording.flatMap((run) => run.heard);
  const held = heard.findLast((h) => h.at <= read);
  const points = [
    ...steps(audience),
    ...(held ? [{ at: read, viewers: held.viewers }] : []),
    ...heard.filter((h) => h.at > read),
  ];
  const last = points.at(-1);
  return last && last.at < now ? [...points, { at: now, viewers: last.viewers }] : points;
}

/** The steps of an audience, and nobody after its last viewer. */
export function steps({ stepSeconds, points, asOf }: Audience): Point[] {
  const out = points.map(({ at, viewers }) => ({ at: Date.parse(at), viewers }));
  const end = out.length > 0 ? out.at(-1)!.at + stepSeconds * 1000 : Infinity;
  if (end + 1000 < Date.parse(asOf)) out.push({ at: end, viewers: 0 });
  return out;
}
