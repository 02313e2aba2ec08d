import { getNamedType, isObjectType, isScalarType, type GraphQLObjectType } from 'graphql';
import { words, type Definition, type Measure, type Values } from './model';
import type { Field, Operation, Selected } from './selection';

export type Definitions = ReadonlyMap<string, Definition>;

export const byCoordinate = (definitions: Definition[]): Definitions =>
  new Map(definitions.map((definition) => [`${definition.type}.${definition.name}`, definition]));

/** The measures of one object with their values, and the earlier ones where they were asked for. */
export interface Numbers {
  measures: Measure[];
  values: Values;
  previous: Values;
}

/** Collects the measures of an object and of the objects it holds; lists are not looked into. */
export function numbersOf(operation: Operation, definitions: Definitions, from: Selected): Numbers {
  const found: Numbers = { measures: [], values: {}, previous: {} };
  collect(operation, definitions, from, [], found);
  const labels = found.measures.map(({ label }) => label);
  for (const measure of found.measures) {
    if (labels.indexOf(measure.label) === labels.lastIndexOf(measure.label)) continue;
    measure.label = measure.id.split('.').map(words).join(', ');
  }
  return found;
}

function collect(operation: Operation, definitions: Definitions, at: Selected, path: string[], into: Numbers) {
  const fields = operation.fields(at);
  const own = new Map<string, string>(); // the measures' ids by the schema's names, for what compares with them
  for (const field of fields) {
    const measure = measureOf(at.type, field, definitions, path);
    if (!measure) continue;
    own.set(field.name, measure.id);
    into.measures.push(measure);
    into.values[measure.id] = field.value as number | null;
  }
  for (const field of fields) {
    const child = operation.object(field);
    if (!child || hasList(child)) continue; // what a list lies in is a chart of its own
    if (child.type === at.type) earlier(operation, child, own, into);
    else if (isChange(child.type)) changes(operation, child, own, into);
    else collect(operation, definitions, child, [...path, field.key], into);
  }
}

function measureOf(parent: GraphQLObjectType, field: Field, definitions: Definitions, path: string[]): Measure | null {
  const type = getNamedType(field.type);
  if (!isScalarType(type) || (field.value !== null && typeof field.value !== 'number')) return null;
  const definition = definitions.get(`${parent.name}.${field.name}`);
  if (definition ? definition.unit === 'INSTANT' : type.name !== 'SafeInt') return null;
  return {
    id: [...path, field.key].join('.'),
    label: words(field.key),
    unit: definition?.unit ?? 'COUNT',
    additive: definition?.additive ?? false,
    definition,
  };
}

/** previous: the same measures over an earlier range. */
function earlier(operation: Operation, at: Selected, own: Map<string, string>, into: Numbers) {
  for (const { name, value } of operation.fields(at)) {
    const id = own.get(name);
    if (id !== undefined && typeof value === 'number') into.previous[id] ??= value;
  }
}

/** change: how far the measures are from those. */
function changes(operation: Operation, at: Selected, own: Map<string, string>, into: Numbers) {
  for (const field of operation.fields(at)) {
    const change = operation.object(field);
    const id = own.get(field.name);
    const absolute = change && operation.fields(change).find(({ name }) => name === 'absolute')?.value;
    const now = id === undefined ? null : into.values[id];
    if (id === undefined || typeof absolute !== 'number' || typeof now !== 'number') continue;
    into.previous[id] ??= Number((now - absolute).toFixed(10));
  }
}

function hasList({ value }: Selected): boolean {
  return Object.values(value).some((of) => Array.isArray(of) && of.some((element) => typeof element === 'object' && element !== null));
}

function isChange(type: GraphQLObjectType): boolean {
  return Object.values(type.getFields()).some((field) => {
    const of = getNamedType(field.type);
    return isObjectType(of) && 'absolute' in of.getFields() && 'percent' in of.getFields();
  });
}
