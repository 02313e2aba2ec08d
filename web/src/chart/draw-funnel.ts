import * as Plot from '@observablehq/plot';
import { colourOf } from './colours';
import { type, type Drawing } from './draw';
import type { Funnel } from './model';
import { figure, percentage } from './numbers';

/** Steps in the middle of the picture, as wide as they are many. */
export function drawFunnel({ steps }: Funnel): Drawing {
  const first = steps[0]?.value ?? 0;
  const share = (value: number) => (first ? ` · ${percentage((100 * value) / first)}` : '');
  const text = (value: number) => `${figure(value)}${share(value)}`;
  return {
    height: steps.length * 64 + 16,
    keys: [],
    notes: ['Percent of the first step. Who is in a later step need not be in those before it.'],
    plot: (width) => ({
      style: type,
      marginLeft: 8,
      marginRight: 8,
      marginTop: 8,
      marginBottom: 8,
      x: { axis: null, domain: [-Math.max(1, ...steps.map(({ value }) => value)) / 2, Math.max(1, ...steps.map(({ value }) => value)) / 2] },
      y: { type: 'band', axis: null, domain: steps.map(({ name }) => name), padding: 0.45, paddingOuter: 0.3 },
      marks: [
        Plot.barX(steps, { y: 'name', x1: (of) => -of.value / 2, x2: (of) => of.value / 2, fill: colourOf(0).colour, insetTop: 12, insetBottom: -12, rx: 3 }),
        Plot.text(steps, { y: 'name', x: 0, text: (of) => `${of.name}: ${text(of.value)}`, dy: -14, fontWeight: 600, fontSize: width < 320 ? 10 : 12 }),
        Plot.tip(steps, Plot.pointerY({ y: 'name', x: 0, title: (of) => `${of.name}\n${text(of.value)}` })),
      ],
    }),
  };
}
