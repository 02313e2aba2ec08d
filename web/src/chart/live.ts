import { getNamedType } from 'graphql';
import { words, type Chart, type Point } from './model';
import { numbersOf, type Definitions } from './numbers-of';
import { recognise } from './recognise';
import type { Json, Operation } from './selection';
import { readersClock, readersZone } from './time';

/** What a subscription said, and when it arrived. */
export interface Heard {
  at: number;
  data: Json;
}

/** The charts of a subscription: how its numbers moved while we listened, and what the latest answer holds. */
export function recogniseLive(operation: Operation, definitions: Definitions, heard: Heard[]): Chart[] {
  const latest = heard.at(-1);
  if (!latest) return [];
  const moving = moved(operation, definitions, heard);
  const now = recognise(operation, definitions, latest.data);
  return moving ? [moving, ...now] : now;
}

function moved(operation: Operation, definitions: Definitions, heard: Heard[]): Chart | null {
  const points = heard.flatMap(({ at, data }): (Point & { title: string })[] => {
    const root = operation.root(data);
    const field = root && operation.fields(root)[0];
    const object = field && operation.object(field);
    if (!object) return [];
    const { values, previous } = numbersOf(operation, definitions, object);
    const said = operation.fields(object).find(({ type }) => getNamedType(type).name === 'DateTime')?.value;
    const instant = typeof said === 'string' ? Date.parse(said) : at;
    const start = new Date(instant).toISOString();
    return [{ title: words(field.key), at: readersClock(instant), start, partial: false, values, previous }];
  });
  const measures = measuresOf(operation, definitions, heard.at(-1)!.data);
  if (!points.length || !measures.length) return null;
  const title = points[0]!.title;
  return { kind: 'series', title, measures, curves: [{ name: title, rest: false, points }], parts: false, timeZone: readersZone() };
}

function measuresOf(operation: Operation, definitions: Definitions, data: Json) {
  const root = operation.root(data);
  const field = root && operation.fields(root)[0];
  const object = field && operation.object(field);
  return object ? numbersOf(operation, definitions, object).measures : [];
}
