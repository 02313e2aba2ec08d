import { getNamedType, isListType, isNonNullType, isObjectType, type GraphQLObjectType, type GraphQLOutputType } from 'graphql';
import { words, type Bar, type Chart, type Curve, type Measure, type Values } from './model';
import { numbersOf, type Definitions, type Numbers } from './numbers-of';
import { funnelOf, numbersAsBars } from './single';
import type { Field, Json, Operation, Selected } from './selection';
import { offsetOf, wallClock } from './time';

/** Where we are in an answer: what a chart of it is called, and whose clock its times follow. */
interface Place {
  title: string[];
  /** Whether the title is a name of its own: then only an alias adds to it. */
  named: boolean;
  timeZone?: string;
}

/**
 * What of an answer can be drawn, by the types in it and not by their names: a list of objects that begin with an instant is a
 * time series, one of objects with values of dimensions a breakdown, another one a ranking; measures without a list are a
 * funnel, or numbers side by side.
 */
export function recognise(operation: Operation, definitions: Definitions, data: Json): Chart[] {
  const root = operation.root(data);
  if (!root) return [];
  const charts = operation
    .fields(root)
    .flatMap((field) => ofField(operation, definitions, field, { title: [], named: false }));
  return charts.slice(0, 20);
}

function ofField(operation: Operation, definitions: Definitions, field: Field, outer: Place): Chart[] {
  const place = { ...outer, timeZone: zoneIn(operation.argumentsOf(field)) ?? outer.timeZone };
  const list = elements(operation, field);
  if (list) return ofList(operation, definitions, list, place);
  const object = operation.object(field);
  const title = place.named && field.key === field.name ? place.title : [...place.title, words(field.key)];
  return object ? ofObject(operation, definitions, object, { ...place, title }) : [];
}

function ofObject(operation: Operation, definitions: Definitions, at: Selected, outer: Place): Chart[] {
  const fields = operation.fields(at);
  const zone = fields.find(({ type }) => getNamedType(type).name === 'TimeZone')?.value;
  const label = labelOf(operation, at);
  const place: Place = {
    title: label ? [label] : outer.title,
    named: outer.named || label !== null,
    timeZone: typeof zone === 'string' ? zone : outer.timeZone,
  };
  const rows = fields.find((field) => elements(operation, field)?.[0] && isRow(getNamedType(field.type)));
  if (rows) return ofBreakdown(operation, definitions, fields, rows, place);
  const nested = fields
    .filter((field) => getNamedType(field.type) !== at.type) // previous is drawn behind, not on its own
    .flatMap((field) => ofField(operation, definitions, field, place));
  const numbers = numbersOf(operation, definitions, { ...at, value: withoutObjects(at.value) });
  const title = place.title.join(': ');
  return [...[funnelOf(numbers, title) ?? numbersAsBars(full(operation, definitions, at, numbers), title)].flat(), ...nested];
}

/** The measures of the object itself, with the earlier ones that lie in objects of it. */
function full(operation: Operation, definitions: Definitions, at: Selected, own: Numbers): Numbers {
  return { ...own, previous: numbersOf(operation, definitions, at).previous };
}

function ofList(operation: Operation, definitions: Definitions, list: Selected[], place: Place): Chart[] {
  const first = list[0];
  if (!first) return [];
  if (isPoint(first.type)) return ofPoints(operation, definitions, list, place);
  const numbers = list.map((element) => numbersOf(operation, definitions, element));
  const names = distinct(list.map((element, index) => labelOf(operation, element) ?? `${index + 1}`));
  const bars = numbers.map(({ values, previous }, index): Bar => ({ names: [names[index]!], rest: false, values, previous }));
  const { measures } = numbers[0]!;
  const ranking: Chart[] = measures.length ? [{ kind: 'bars', title: place.title.join(': '), measures, bars, parts: false }] : [];
  const nested = list.map((element) =>
    operation
      .fields(element)
      .flatMap((field) => ofField(operation, definitions, field, place))
      .filter(({ kind }) => kind === 'series' || list.length === 1 || !measures.length),
  );
  return [...ranking, ...merge(nested, names, false)];
}

function ofPoints(operation: Operation, definitions: Definitions, list: Selected[], place: Place): Chart[] {
  const numbers = list.map((element) => numbersOf(operation, definitions, element));
  const { measures } = numbers[0]!;
  const starts = list.map((element) => operation.fields(element).find(({ type }) => isInstant(type))?.value);
  if (!measures.length || !starts.every((start) => typeof start === 'string')) return [];
  const points = list.map(({ value }, index) => ({
    at: wallClock(starts[index]!),
    start: starts[index]!,
    partial: value.partial === true,
    values: numbers[index]!.values,
    previous: numbers[index]!.previous,
  }));
  const title = place.title.join(': ');
  const timeZone = place.timeZone ?? offsetOf(starts[0]!);
  return [{ kind: 'series', title, measures, curves: [{ name: title, rest: false, points }], parts: false, timeZone }];
}

/** The rows with what is in none of them, whose measures lie beside the rows. */
function ofBreakdown(operation: Operation, definitions: Definitions, fields: Field[], rows: Field, place: Place): Chart[] {
  const list = elements(operation, rows) ?? [];
  const numbers = list.map((row) => numbersOf(operation, definitions, row));
  const measures = numbers[0]?.measures ?? [];
  const bars = list.map((row, index): Bar => ({ names: valuesOf(row), rest: false, ...valuesAndPrevious(numbers[index]!) }));
  const rest = fields.flatMap((field) => operation.object(field) ?? []);
  for (const other of rest) {
    const found = numbersOf(operation, definitions, other);
    if (!found.measures.length) continue;
    const [values, previous] = [found.values, found.previous].map((of) => renamed(of, found.measures, measures));
    bars.push({ names: bars[0]!.names.map((_, index) => (index ? '' : 'Other')), rest: true, values: values!, previous: previous! });
  }
  const chart: Chart[] = measures.length ? [{ kind: 'bars', title: place.title.join(': '), measures, bars, parts: true }] : [];
  const series = list.map((row) => operation.fields(row).flatMap((field) => ofField(operation, definitions, field, place)).filter(isSeries));
  const merged = merge(series, list.map((row) => valuesOf(row).join(' · ')), true);
  const others = fields.filter((field) => field !== rows).flatMap((field) => ofField(operation, definitions, field, place)).filter(isSeries);
  for (const [index, other] of others.entries()) {
    const into = merged[index];
    if (into?.kind === 'series') into.curves.push({ ...other.curves[0]!, name: 'Other', rest: true });
  }
  return [...merged, ...chart];
}

/** Puts the series of a list's elements into one chart each, a curve for every element. */
function merge(charts: Chart[][], names: string[], parts: boolean): Chart[] {
  if (charts.length < 2 && !parts) return charts.flat();
  const [first = []] = charts;
  const merged = first.map((chart, index): Chart => {
    if (chart.kind !== 'series') return chart;
    const curves = charts.flatMap((of, row): Curve[] => {
      const series = of.filter(isSeries)[first.slice(0, index).filter(isSeries).length];
      return series ? series.curves.map((curve) => ({ ...curve, name: names[row]! })) : [];
    });
    return { ...chart, title: chart.title, curves, parts };
  });
  return [...merged, ...charts.slice(1).flatMap((of) => of.filter((chart) => !isSeries(chart)))];
}

const isSeries = (chart: Chart) => chart.kind === 'series';

const valuesAndPrevious = ({ values, previous }: Numbers) => ({ values, previous });

/** The values of one object under the ids that another one's measures have. */
function renamed(values: Values, from: Measure[], to: Measure[]): Values {
  return Object.fromEntries(
    to.flatMap(({ id, label, definition }) => {
      const same = from.find((measure) => measure.label === label || (definition && measure.definition === definition));
      return same && same.id in values ? [[id, values[same.id]!]] : [];
    }),
  );
}

function elements(operation: Operation, field: Field): Selected[] | null {
  const type = isNonNullType(field.type) ? field.type.ofType : field.type;
  if (!isListType(type) || !Array.isArray(field.value)) return null;
  return field.value.flatMap((value) => operation.object(field, value) ?? []);
}

/** A point in time: its type begins with an instant. */
function isPoint(type: GraphQLObjectType): boolean {
  const [first] = Object.values(type.getFields());
  return !!first && isInstant(first.type);
}

/** A row of a breakdown: it has the values of dimensions. */
function isRow(type: ReturnType<typeof getNamedType>): boolean {
  return isObjectType(type) && Object.values(type.getFields()).some((field) => isTexts(field.type));
}

function isTexts(type: GraphQLOutputType): boolean {
  const list = isNonNullType(type) ? type.ofType : type;
  return isListType(list) && getNamedType(list).name === 'String';
}

const isInstant = (type: GraphQLOutputType) => getNamedType(type).name === 'DateTime';

function valuesOf(row: Selected): string[] {
  const texts = Object.values(row.value).find((value) => Array.isArray(value) && value.every((text) => text === null || typeof text === 'string'));
  return Array.isArray(texts) ? texts.map((text) => text ?? '(none)') : ['?'];
}

/** What an object is called: the first text selected of it, or of an object it holds. */
function labelOf(operation: Operation, at: Selected): string | null {
  const fields = operation.fields(at);
  const texts = fields.filter(({ type, value }) => getNamedType(type).name === 'String' && typeof value === 'string');
  const best = texts.find(({ name }) => /name$|title/i.test(name)) ?? texts.find(({ name }) => name !== 'cursor');
  if (best) return best.value as string;
  const nested = fields.flatMap((field) => operation.object(field) ?? []).find(({ type }) => 'id' in type.getFields());
  return nested ? labelOf(operation, nested) : null;
}

function distinct(names: string[]): string[] {
  return names.map((name, index) => (names.indexOf(name) === index ? name : `${name} (${index + 1})`));
}

function zoneIn({ timeZone }: Json): string | undefined {
  return typeof timeZone === 'string' ? timeZone : undefined;
}

const withoutObjects = (value: Json): Json => Object.fromEntries(Object.entries(value).filter(([, of]) => typeof of !== 'object' || of === null));
