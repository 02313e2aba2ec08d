import { groupName, type Bar, type Chart, type Measure, type Unit } from './model';
import type { Numbers } from './numbers-of';

/** Steps that people take one after the other: of one kind of count, each of one action. */
export function funnelOf({ measures, values }: Numbers, title: string): Chart | null {
  for (const aggregate of ['DISTINCT_SESSIONS', 'EVENTS']) {
    const steps = measures
      .filter(({ definition }) => definition?.aggregate === aggregate && definition.actions.length === 1)
      .filter(({ definition }) => order.includes(definition!.actions[0]!))
      .sort((a, b) => place(a) - place(b));
    if (steps.length < 2) continue;
    const named = steps.map(({ id, label }) => ({ name: label, value: values[id] ?? 0 }));
    return { kind: 'funnel', title, measures: steps, steps: named };
  }
  return null;
}

const order = ['click', 'outbound_click', 'calendar_sync'];
const place = ({ definition }: Measure) => order.indexOf(definition?.actions[0] ?? '');

/** Numbers side by side, one chart for each unit that several of them share. */
export function numbersAsBars({ measures, values, previous }: Numbers, title: string): Chart[] {
  const units = [...new Set(measures.map(({ unit }) => unit))];
  return units.flatMap((unit) => {
    const same = measures.filter((measure) => measure.unit === unit);
    return same.length > 1 ? [sideBySide(same, unit)] : [];
  });

  function sideBySide(same: Measure[], unit: Unit): Chart {
    const bars = same.map(({ id, label }): Bar => ({
      names: [label],
      rest: false,
      values: { value: values[id] ?? null },
      previous: id in previous ? { value: previous[id]! } : {},
    }));
    return { kind: 'bars', title, measures: [{ id: 'value', label: groupName(unit), unit, additive: false }], bars, parts: false };
  }
}
