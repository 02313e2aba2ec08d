import { percentage } from '../chart/numbers';
import { amount } from './format';
import type { Measure } from './names';
import type { Change } from './queries';

/** How far a measure moved: ▲ 212 (+9.6 %). */
export function Delta({ measure, change: { absolute, percent } }: { measure: Measure | 'totalSessionSeconds'; change: Change }) {
  if (absolute === null) return <span className="delta">no comparison</span>;
  if (absolute === 0) return <span className="delta">= unchanged</span>;
  const up = absolute > 0;
  return (
    <span className="delta" data-moved={up ? 'up' : 'down'}>
      <span aria-hidden="true">{up ? '▲' : '▼'}</span> <span className="hidden">{up ? 'up by' : 'down by'}</span>
      {amount(measure, Math.abs(absolute))} ({percent === null ? 'from\u00a00' : `${up ? '+' : '−'}${percentage(Math.abs(percent))}`})
    </span>
  );
}
