import { groupName, nameOf, unitName, type Chart, type Measure } from './model';

/** One way to look at a chart: the measures that are drawn together. */
export interface View {
  id: string;
  label: string;
  measures: Measure[];
}

/** The ways to look at a chart, the best first: every measure alone, and together those that share a unit. */
export function viewsOf(chart: Chart): View[] {
  if (chart.kind === 'funnel') return [{ id: 'steps', label: 'Steps', measures: chart.measures }];
  const alone = chart.measures.map((measure) => ({ id: measure.id, label: labelOf(measure), measures: [measure] }));
  const together = canStandTogether(chart) ? groups(chart) : [];
  return comparesWithEarlier(chart) ? [...alone, ...together] : [...together, ...alone];
}

const labelOf = ({ label, unit }: Measure) => (unit === 'COUNT' ? label : `${label} (${unitName(unit)})`);

/** Curves of one subject can be told apart by measure; several subjects need the colours themselves. */
function canStandTogether(chart: Chart): boolean {
  if (chart.kind === 'series') return chart.curves.length === 1;
  return chart.kind === 'bars' && chart.parts && chart.bars.every(({ names }) => names.length === 1);
}

function groups(chart: Chart): View[] {
  const stackable = chart.kind === 'bars' ? chart.measures.filter(isEventCount) : chart.measures;
  const units = [...new Set(stackable.map(({ unit }) => unit))];
  return units.flatMap((unit) => {
    const measures = stackable.filter((measure) => measure.unit === unit);
    return measures.length > 1 ? [{ id: `all ${unit}`, label: groupName(unit), measures }] : [];
  });
}

/** Events of different actions are different events: they can be put end to end. Sessions cannot. */
const isEventCount = ({ definition }: Measure) => definition?.aggregate === 'EVENTS';

function comparesWithEarlier(chart: Chart): boolean {
  if (chart.kind === 'series') return chart.curves.some(({ points }) => points.some(({ previous }) => Object.keys(previous).length));
  return chart.kind === 'bars' && chart.bars.some(({ previous }) => Object.keys(previous).length);
}

export type Cell = string | number | null;

export interface Table {
  columns: string[];
  rows: Cell[][];
}

/** All that a chart holds, whatever is drawn of it. */
export function tableOf(chart: Chart): Table {
  if (chart.kind === 'funnel') {
    return { columns: ['Step', 'Number'], rows: chart.steps.map(({ name, value }) => [name, value]) };
  }
  const previous = comparesWithEarlier(chart);
  const heads = chart.measures.flatMap((measure) => (previous ? [labelOf(measure), `${labelOf(measure)}, earlier`] : [labelOf(measure)]));
  const cells = (of: { values: Record<string, number | null>; previous: Record<string, number | null> }): Cell[] =>
    chart.measures.flatMap(({ id }) => (previous ? [of.values[id] ?? null, of.previous[id] ?? null] : [of.values[id] ?? null]));
  if (chart.kind === 'bars') {
    return { columns: ['Name', ...heads], rows: chart.bars.map((bar) => [nameOf(bar), ...cells(bar)]) };
  }
  const several = chart.curves.length > 1 || chart.parts;
  return {
    columns: ['Start', ...(several ? ['Name'] : []), ...heads],
    rows: chart.curves.flatMap(({ name, points }) => points.map((point) => [point.start, ...(several ? [name] : []), ...cells(point)])),
  };
}

/** RFC 4180. A text that a spreadsheet would run gets an apostrophe, as in the API's own CSV. */
export function csvOf({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
