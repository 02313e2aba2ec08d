const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A number as people read it: 1,250 or 34.4; a dash for none. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) ? whole.format(value) : decimal.format(value);
}

/** A percentage as people read it: 34.4 %. */
export const percentage = (value: number) => `${figure(value)}\u00a0%`;

const units = [
  { size: 1e12, name: 'T' },
  { size: 1e9, name: 'G' },
  { size: 1e6, name: 'M' },
  { size: 1e3, name: 'k' },
];

/** A count for the little room beside an axis, in the unit of its largest: 8,000 or 8k, 1.5M; nothing between whole numbers. */
export function countTick(value: number, _index = 0, ticks: readonly number[] = [value]): string {
  if (!Number.isInteger(value)) return '';
  const most = Math.max(...ticks);
  const unit = most < 10_000 || value === 0 ? undefined : units.find(({ size }) => most >= size);
  return unit ? figure(value / unit.size) + unit.name : figure(value);
}

/** A duration beside an axis; nothing between whole seconds. */
export const durationTick = (seconds: number) => (Number.isInteger(seconds) ? duration(seconds) : '');

/** Seconds as people say them: 4 min 42 s; a dash for none. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${whole.format(Math.floor(s / 3600))} h ${Math.floor((s % 3600) / 60)} min`;
}
