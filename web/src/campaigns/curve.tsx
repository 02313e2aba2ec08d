import type { PlotOptions, TextOptions } from '@observablehq/plot';
import { areaY, axisX, axisY, dot, gridY, lineY, ruleY, text } from '@observablehq/plot';
import { useCallback } from 'react';
import { Figure } from '../chart/figure';
import { countTick, figure } from '../chart/numbers';
import type { Point } from './recording';
import { clock, shortClock, zone } from './times';

interface Props {
  points: Point[];
  from: number;
  to: number;
  /** The most viewers at one instant, and when that was. */
  peak: Point | null;
  height: number;
  label: string;
}

/** Around the plot itself, for what is laid over it. */
export const margins = { left: 72, right: 48, top: 34, bottom: 66 };

/** Viewers over time, as steps: between two values nothing is made up. */
export function Curve({ points, from, to, peak, height, label }: Props) {
  const draw = useCallback((width: number): PlotOptions => options(points, from, to, peak, width), [points, from, to, peak]);
  return <Figure label={label} draw={draw} height={height} />;
}

function options(points: Point[], from: number, to: number, peak: Point | null, width: number): PlotOptions {
  const shown = within(points, from, to);
  const most = Math.max(4, ...shown.map((point) => point.viewers));
  const marked = peak && peak.at >= from && peak.at <= to ? [peak] : [];
  const seconds = to - from < (ticksOf(width, 150) + 1) * 60_000;
  const ticks = ticksOf(width, seconds ? 190 : 150);
  const step = { x: 'at', y: 'viewers', curve: 'step-after' } as const;
  return {
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: margins.top,
    marginBottom: margins.bottom,
    style: { fontSize: width < 900 ? '14px' : '18px' },
    x: { type: 'time', domain: [new Date(from), new Date(to)] },
    y: { domain: [0, most * 1.12] },
    marks: [
      gridY({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
      axisX({
        ticks,
        tickSize: 0,
        tickFormat: (at: Date) => (seconds ? clock(+at) : shortClock(+at)),
        label: zone,
        labelOffset: margins.bottom - 8,
      }),
      axisY({ ticks: 5, tickSize: 0, label: 'Viewers', tickFormat: countTick }),
      ruleY([0], { stroke: 'var(--faint)' }),
      areaY(shown, { ...step, fill: 'var(--series-1)', fillOpacity: 0.18 }),
      lineY(shown, { ...step, stroke: 'var(--series-1)', strokeWidth: 2.5 }),
      dot(marked, { x: 'at', y: 'viewers', r: 6, fill: 'var(--series-3)', stroke: 'var(--paper)', strokeWidth: 2 }),
      text(marked, {
        x: 'at',
        y: 'viewers',
        text: (p: Point) => `Peak ${figure(p.viewers)} at ${clock(p.at)}`,
        ...beside(peak ? (peak.at - from) / (to - from) : 0),
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 4,
        fontWeight: 600,
      }),
    ],
  };
}

/** How many ticks to ask for, of which up to 1.8 times as many may come. */
const ticksOf = (width: number, room: number) => Math.max(2, Math.floor((width - margins.left - margins.right) / room));

/** Where a label has room whose dot is at that share of the width. */
function beside(share: number): TextOptions {
  if (share < 1 / 3) return { textAnchor: 'start', dx: 10, dy: -12 };
  return share < 2 / 3 ? { textAnchor: 'middle', dy: -20 } : { textAnchor: 'end', dx: -10, dy: -12 };
}

/** The points that show between from and to, with the value that holds as the span begins. */
function within(points: Point[], from: number, to: number): Point[] {
  const first = points.findLastIndex((point) => point.at <= from);
  return points
    .slice(Math.max(first, 0))
    .filter((point) => point.at <= to)
    .map((point) => ({ ...point, at: Math.max(point.at, from) }));
}
