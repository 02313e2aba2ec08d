import * as Plot from '@observablehq/plot';
import { behind, colourOf, distinguishable } from './colours';
import { type, type Drawing, type Key } from './draw';
import { fromZero } from './from-zero';
import { nameOf, unitName, words, type Bar, type Bars, type Measure } from './model';
import { tickText, valueText } from './numbers-text';
import type { View } from './views';

interface Segment {
  row: string;
  name: string;
  value: number;
  colour: string;
  again: boolean;
  text: string;
}

const most = 50;

/** Bars across, the earlier ones behind; put end to end where they are parts that add up. */
export function drawBars(chart: Bars, view: View, room: number): Drawing {
  const [measure] = view.measures;
  const segments = segmentsOf(chart, view);
  const rows = [...new Set(segments.map(({ row }) => row))].slice(0, most);
  const shown = segments.filter(({ row }) => rows.includes(row));
  const earlier = view.measures.length > 1 ? [] : earlierOf(chart.bars, measure!).filter(({ row }) => rows.includes(row));
  const stacked = shown.length > rows.length;
  const totals = rows.map((row) => totalOf(row, shown));
  return {
    height: rows.length * Math.min(28, Math.max(20, (room - 56) / rows.length)) + 56,
    keys: keysOf(shown, stacked, earlier.length > 0, measure!),
    notes: rows.length < new Set(segments.map(({ row }) => row)).size ? [`The first ${most} are drawn; the data hold all.`] : [],
    plot: (width) => {
      const names = Math.min(width * 0.4, 220);
      return {
        style: type,
        marginLeft: Math.min(names, 24 + 7 * Math.max(0, ...rows.map((row) => row.length))),
        marginRight: 64,
        marginTop: 8,
        marginBottom: 40,
        x: { label: axis(view, measure!), labelAnchor: 'center', labelArrow: 'none', grid: true, ticks: Math.max(2, width / 120), domain: fromZero([...totals, ...earlier].map(({ value }) => value)), tickFormat: tickText(measure!) },
        y: { type: 'band', domain: rows, label: null, padding: 0.25, tickSize: 0, tickFormat: (row: string) => cut(row, names / 7 - 2) },
        marks: [
          Plot.barX(earlier, { y: 'row', x: 'value', fill: behind, fillOpacity: 0.45 }),
          Plot.barX(shown, Plot.stackX({ y: 'row', x: 'value', fill: 'colour', fillOpacity: (of: Segment) => (of.again ? 0.6 : 1), z: 'name', order: [...new Set(shown.map(({ name }) => name))], insetTop: earlier.length ? 4 : 0, insetBottom: earlier.length ? 4 : 0 })),
          Plot.text(totals, { y: 'row', x: (of) => Math.max(of.value, earlier.find(({ row }) => row === of.row)?.value ?? 0), text: (of) => valueText(of.value, measure!), textAnchor: 'start', dx: 5 }),
          Plot.tip(totals, Plot.pointerY({ y: 'row', x: 'value', title: (of) => tipOf(of.row, shown, earlier, measure!), lineWidth: 30, lineHeight: 1.3 })),
        ],
      };
    },
  };
}

function segmentsOf({ bars, parts }: Bars, { measures }: View): Segment[] {
  const [measure] = measures;
  if (measures.length > 1) {
    return bars.flatMap((bar) =>
      measures.map((of, index) => segment(nameOf(bar), of.label, bar.values[of.id], of, colourOf(index))),
    );
  }
  if (!parts || bars[0]?.names.length !== 2 || !measure!.additive) {
    return bars.map((bar) => segment(nameOf(bar), nameOf(bar), bar.values[measure!.id], measure!, bar.rest ? rest : colourOf(0)));
  }
  const seconds = [...new Set(bars.filter((bar) => !bar.rest).map(({ names }) => names[1]!))];
  return bars.map((bar) => {
    const index = seconds.indexOf(bar.names[1]!);
    return segment(bar.names[0]!, bar.rest ? 'Other' : bar.names[1]!, bar.values[measure!.id], measure!, bar.rest || index >= distinguishable ? rest : colourOf(index));
  });
}

const rest = { colour: behind, again: false };

const segment = (row: string, name: string, value: number | null | undefined, measure: Measure, { colour, again }: { colour: string; again: boolean }): Segment => ({
  row,
  name,
  value: value ?? 0,
  colour,
  again,
  text: valueText(value, measure),
});

const earlierOf = (bars: Bar[], { id }: Measure) =>
  bars.flatMap((bar) => (typeof bar.previous[id] === 'number' ? [{ row: nameOf(bar), value: bar.previous[id] }] : []));

const totalOf = (row: string, segments: Segment[]) => ({
  row,
  value: segments.filter((of) => of.row === row).reduce((sum, { value }) => sum + value, 0),
});

function tipOf(row: string, segments: Segment[], earlier: { row: string; value: number }[], measure: Measure): string {
  const own = segments.filter((of) => of.row === row);
  const before = earlier.find((of) => of.row === row);
  const texts = own.length > 1 ? own.map(({ name, text }) => `${name}: ${text}`) : own.map(({ text }) => `${measure.label}: ${text}`);
  return [row, ...texts, ...(before ? [`Earlier: ${valueText(before.value, measure)}`] : [])].join('\n');
}

function keysOf(segments: Segment[], stacked: boolean, earlier: boolean, measure: Measure): Key[] {
  if (!stacked) {
    return earlier ? [{ name: measure.label, colour: colourOf(0).colour }, { name: 'Earlier', colour: behind }] : [];
  }
  return [...new Map(segments.map(({ name, colour }) => [name, { name, colour }])).values()];
}

const axis = ({ measures }: View, { label, unit }: Measure) => (measures.length > 1 ? words(unitName(unit)) : `${label} (${unitName(unit)})`);

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, Math.max(1, length - 1))}…` : text);
