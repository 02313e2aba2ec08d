import { areaY, axisX, axisY, dot, gridY, lineY, pointerX, ruleX, tip, type PlotOptions } from '@observablehq/plot';
import { fromZero } from '../chart/from-zero';
import { countTick, durationTick } from '../chart/numbers';
import { amount, isDuration } from './format';
import { measures, type Interval, type Measure } from './names';
import type { Point, SeriesData } from './queries';

/** A bucket of the range and the one at its place in the earlier range. */
export interface Pair {
  /** Its start on the wall clock of the time zone, as if that were UTC. */
  at: Date;
  label: string;
  /** null when it has not come yet, or there is nothing to divide. */
  now: number | null;
  before: number | null;
  /** Where the earlier bucket starts; '' when there is none. */
  earlier: string;
  partial: boolean;
}

const wallClock = ({ start }: Point) => new Date(`${start.slice(0, 19)}Z`);

const formats: Record<Interval, Intl.DateTimeFormatOptions> = {
  HOUR: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  DAY: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  WEEK: { day: 'numeric', month: 'short', year: 'numeric' },
  MONTH: { month: 'short', year: 'numeric' },
};

export function pair({ current, earlier }: SeriesData['partner'], measure: Measure, interval: Interval, asOf: string): Pair[] {
  const label = new Intl.DateTimeFormat('en-GB', { ...formats[interval], timeZone: 'UTC' });
  return current.points.map((point, i) => {
    const before = earlier.points[i];
    return {
      at: wallClock(point),
      label: label.format(wallClock(point)),
      now: Date.parse(point.start) < Date.parse(asOf) ? point.engagement[measure] : null,
      before: before?.engagement[measure] ?? null,
      earlier: before ? label.format(wallClock(before)) : '',
      partial: point.partial,
    };
  });
}

export function draw(pairs: Pair[], measure: Measure, interval: Interval, timeZone: string): () => PlotOptions {
  const name = measures[measure];
  const said = (value: number | null) => amount(measure, value);
  const title = ({ label, now, before, earlier, partial }: Pair) =>
    [`${label}: ${said(now)}${partial && now !== null ? ' (in part)' : ''}`, ...(earlier ? [`${earlier}: ${said(before)}`] : [])].join('\n');
  const top = (p: Pair) => p.now ?? p.before ?? 0;
  const come = pairs.filter(({ now }) => now !== null);
  const whole = come.filter(({ partial }) => !partial);
  const open = come.at(-1)?.partial ? come.slice(-2) : [];
  return () => ({
    marginLeft: isDuration(measure) ? 84 : 56,
    marginBottom: 44,
    style: { fontSize: '12px' },
    x: { type: 'utc' },
    y: { domain: fromZero(pairs.flatMap(({ now, before }) => [now, before])), nice: true },
    marks: [
      gridY({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
      axisY({ label: isDuration(measure) ? name : `${name} (count)`, tickFormat: isDuration(measure) ? durationTick : countTick, ticks: 5 }),
      axisX({ label: `Start of the ${interval.toLowerCase()}, ${timeZone}`, labelAnchor: 'center', labelArrow: 'none' }),
      lineY(pairs, { x: 'at', y: 'before', stroke: 'var(--series-2)', strokeWidth: 1.5, strokeDasharray: '5 3' }),
      areaY(whole, { x: 'at', y: 'now', fill: 'var(--series-1)', fillOpacity: 0.12 }),
      lineY(whole, { x: 'at', y: 'now', stroke: 'var(--series-1)', strokeWidth: 2 }),
      lineY(open, { x: 'at', y: 'now', stroke: 'var(--series-1)', strokeDasharray: '1 3' }),
      dot(open.slice(-1), { x: 'at', y: 'now', stroke: 'var(--series-1)', fill: 'var(--paper)', r: 4 }),
      ruleX(pairs, pointerX({ x: 'at', py: top, stroke: 'var(--faint)' })),
      tip(pairs, pointerX({ x: 'at', y: top, title, fill: 'var(--paper)', stroke: 'var(--line)' })),
    ],
  });
}
