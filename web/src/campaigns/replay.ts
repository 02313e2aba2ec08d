import type { Audience, Deed, QuartersAnswer } from './answers';
import { steps, type Point } from './recording';

interface Quarter {
  from: number;
  to: number;
  counts: Record<Deed, number>;
}

/** A show that is over, from its first viewer to its last. */
export interface Show {
  from: number;
  to: number;
  step: number;
  points: Point[];
  quarters: Quarter[];
}

type QuarterPoint = NonNullable<QuartersAnswer['campaign']>['timeSeries']['points'][number];

/** null when nobody watched. */
export function showOf(audience: Audience, quarters: QuarterPoint[]): Show | null {
  const points = steps(audience);
  if (audience.points.length === 0) return null;
  const step = audience.stepSeconds * 1000;
  const from = points[0]!.at;
  const to = Date.parse(audience.points.at(-1)!.at) + step;
  return {
    from,
    to,
    step,
    points,
    quarters: quarters.map(({ start, end, metrics }) => ({ from: Date.parse(start), to: Date.parse(end), counts: metrics })),
  };
}

/** The most who watched in the step that holds the instant. */
export const viewersAt = (show: Show, at: number): number => show.points.findLast((point) => point.at <= at)?.viewers ?? 0;

/** How many a minute, averaged over the part of the instant's quarter-hour that the show lasted. */
export function rateAt(show: Show, deed: Deed, at: number): number {
  const within = Math.min(at, show.to - 1);
  const quarter = show.quarters.find((q) => q.from <= within && within < q.to);
  if (!quarter) return 0;
  const lasted = Math.min(quarter.to, show.to) - Math.max(quarter.from, show.from);
  return quarter.counts[deed] / Math.max(lasted / 60_000, 1);
}

/** How many in the quarter-hours that were over by then; at the end all. */
export function countBy(show: Show, deed: Deed, at: number): number {
  return show.quarters.filter((q) => q.to <= at || at >= show.to).reduce((sum, q) => sum + q.counts[deed], 0);
}

/** The instant that countBy counts up to; null while no quarter-hour is over. */
export function countedUntil({ quarters, to }: Show, at: number): number | null {
  if (at >= to && quarters.length > 0) return to;
  return quarters.findLast((q) => q.to <= at)?.to ?? null;
}
