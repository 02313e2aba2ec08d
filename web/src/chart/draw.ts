import type { PlotOptions } from '@observablehq/plot';
import { drawBars } from './draw-bars';
import { drawFunnel } from './draw-funnel';
import { drawSeries } from './draw-series';
import type { Chart } from './model';
import type { View } from './views';

/** An entry of a legend. */
export interface Key {
  name: string;
  colour: string;
  dashed?: boolean;
}

export interface Drawing {
  plot: (width: number) => PlotOptions;
  height: number;
  keys: Key[];
  /** What has to be said beside it. */
  notes: string[];
}

export const type = { fontSize: '12px' };

export function drawingOf(chart: Chart, view: View, room: number): Drawing {
  switch (chart.kind) {
    case 'series':
      return drawSeries(chart, view, room);
    case 'bars':
      return drawBars(chart, view, room);
    case 'funnel':
      return drawFunnel(chart);
  }
}
