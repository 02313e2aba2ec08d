import * as Plot from '@observablehq/plot';
import { behind, colourOf, distinguishable } from './colours';
import { type, type Drawing, type Key } from './draw';
import { fromZero } from './from-zero';
import { unitName, words, type Curve, type Measure, type Point, type Series } from './model';
import { tickText, valueText } from './numbers-text';
import { clockTick, timeText } from './time';
import type { View } from './views';

interface Line {
  name: string;
  measure: Measure;
  points: Point[];
  colour: string;
  again: boolean;
}

/** One point of one line, as Plot takes it. */
interface Mark {
  at: number;
  line: string;
  value: number | null;
  partial: boolean;
}

/** Lines; areas put on each other when the curves are parts that add up. */
export function drawSeries(chart: Series, view: View, room: number): Drawing {
  const lines = linesOf(chart, view);
  const [measure] = view.measures;
  const stacked = chart.parts && lines.length > 1 && measure!.additive && lines[0]!.points.length > 1;
  const earlier = lines.length === 1 ? marksOf(lines[0]!, 'previous') : [];
  const hasEarlier = earlier.some(({ value }) => value !== null);
  const marks = lines.flatMap((line) => marksOf(line, 'values'));
  const partial = marks.filter((mark) => mark.partial && mark.value !== null);
  const at = [...new Set(marks.map((mark) => mark.at))].sort((a, b) => a - b);
  const step = Math.min(...at.slice(1).map((time, index) => time - at[index]!));
  const tips = at.map((time) => tipOf(time, step, lines, hasEarlier, stacked));
  const domain = fromZero([...tips.map(({ top }) => top), ...earlier.map(({ value }) => value)]);
  const title = view.measures.length > 1 ? null : measure!.label;
  const colours = { domain: lines.map(({ name }) => name), range: lines.map(({ colour }) => colour) };
  return {
    height: Math.max(220, Math.min(room, 420)),
    keys: keysOf(lines, hasEarlier),
    notes: notesOf(chart, stacked, measure!, partial.length > 0),
    plot: (width) => ({
      style: type,
      marginLeft: measure!.unit === 'SECONDS' ? 96 : 60,
      marginRight: 32,
      marginTop: 28,
      marginBottom: 54,
      x: { type: 'utc', label: `Time (${chart.timeZone})`, labelAnchor: 'center', labelOffset: 48, labelArrow: 'none', ticks: Math.max(2, Math.min(width / 110, at.length)), tickFormat: step < 43_200_000 || at.length === 1 ? clockTick : undefined },
      y: { label: axis(title, measure!), grid: true, nice: true, tickFormat: tickText(measure!), labelArrow: 'none', domain },
      color: colours,
      marks: [
        Plot.ruleY([0], { stroke: 'var(--line)' }),
        Plot.lineY(earlier, { x: 'at', y: 'value', stroke: behind, strokeWidth: 1.5, strokeDasharray: '5 4' }),
        ...(stacked ? areas(marks, lines) : strokes(lines)),
        Plot.dot(stacked ? [] : partial, { x: 'at', y: 'value', stroke: 'line', fill: 'var(--paper)', r: 3 }),
        Plot.ruleX(tips, Plot.pointerX({ x: 'at', stroke: 'var(--faint)' })),
        Plot.tip(tips, Plot.pointerX({ x: 'at', y: 'top', title: 'text', lineWidth: 30, lineHeight: 1.3 })),
      ],
    }),
  };
}

function linesOf(chart: Series, { measures }: View): Line[] {
  if (chart.curves.length === 1) {
    const { points, name } = chart.curves[0]!;
    return measures.map((measure, index) => ({
      name: measures.length > 1 || !chart.parts ? measure.label : name,
      measure,
      points,
      ...colourOf(index),
    }));
  }
  const [rest, rows] = [chart.curves.filter((curve) => curve.rest), chart.curves.filter((curve) => !curve.rest)];
  const line = (curve: Curve) => ({ name: curve.name, measure: measures[0]!, points: curve.points });
  return [
    ...rows.slice(0, distinguishable).map((curve, index) => ({ ...line(curve), ...colourOf(index) })),
    ...rest.map((curve) => ({ ...line(curve), colour: behind, again: false })),
  ];
}

const marksOf = ({ name, measure, points }: Line, of: 'values' | 'previous'): Mark[] =>
  points.map((point) => ({ at: point.at, line: name, value: point[of][measure.id] ?? null, partial: point.partial }));

const areas = (marks: Mark[], lines: Line[]) => [
  Plot.areaY(marks, { x: 'at', y: 'value', fill: 'line', fillOpacity: 0.85, order: lines.map(({ name }) => name) }),
];

/** A line of one point would be invisible: it gets dots. */
const strokes = (lines: Line[]) =>
  lines.flatMap((line) => {
    const marks = marksOf(line, 'values');
    return [
      Plot.lineY(marks, { x: 'at', y: 'value', stroke: line.colour, strokeWidth: 2, strokeDasharray: line.again ? '2 3' : undefined }),
      Plot.dot(marks.length < 3 ? marks : [], { x: 'at', y: 'value', fill: line.colour, r: 3.5 }),
    ];
  });

function tipOf(at: number, step: number, lines: Line[], hasEarlier: boolean, stacked: boolean) {
  const found = lines.flatMap((line) => {
    const point = line.points.find((of) => of.at === at);
    return point ? [{ line, point }] : [];
  });
  const texts = found.map(({ line, point }) => `${line.name}: ${valueText(point.values[line.measure.id], line.measure)}`);
  const [first] = found;
  if (hasEarlier && first) texts.push(`Earlier: ${valueText(first.point.previous[first.line.measure.id], first.line.measure)}`);
  const values = found.map(({ line, point }) => point.values[line.measure.id] ?? 0);
  const partial = found.some(({ point }) => point.partial) ? ' (not whole)' : '';
  return { at, top: stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values), text: [`${timeText(at, step)}${partial}`, ...texts].join('\n') };
}

function keysOf(lines: Line[], hasEarlier: boolean): Key[] {
  const keys = lines.map(({ name, colour, again }): Key => ({ name, colour, dashed: again }));
  return hasEarlier ? [...keys, { name: 'Earlier', colour: behind, dashed: true }] : keys;
}

function notesOf(chart: Series, stacked: boolean, measure: Measure, partial: boolean): string[] {
  const rows = chart.curves.filter(({ rest }) => !rest).length;
  return [
    ...(rows > distinguishable ? [`The first ${distinguishable} of ${rows} are drawn; the data hold all.`] : []),
    ...(chart.parts && !stacked && rows > 1 && !measure.additive ? [`${measure.label} of the rows does not add up, so rows are lines.`] : []),
    ...(partial && !stacked ? ['Hollow points are not whole: cut off, or not over yet.'] : []),
  ];
}

const axis = (title: string | null, measure: Measure) => (title ? `${title} (${unitName(measure.unit)})` : words(unitName(measure.unit)));
