import type { Measure } from './model';
import { countTick, duration, durationTick, figure, percentage } from './numbers';

/** A measure's value with its unit, as people read it. */
export function valueText(value: number | null | undefined, { unit }: Measure): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'SECONDS') return duration(value);
  return unit === 'PERCENT' ? percentage(value) : figure(value);
}

/** The same beside an axis, where there is little room. */
export function tickText(measure: Measure): (value: number, index: number, ticks?: readonly number[]) => string {
  if (measure.unit === 'COUNT') return countTick;
  return measure.unit === 'SECONDS' ? durationTick : (value) => valueText(value, measure);
}
