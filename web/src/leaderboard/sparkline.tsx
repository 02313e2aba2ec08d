import type { Edge } from './queries';

const width = 120;
const height = 32;
const edge = 2;

interface Props {
  points: Edge['node']['timeSeries']['points'];
  /** Buckets that start after this are not there yet. */
  asOf: string;
  label: string;
}

/** The shape of a series: its whole buckets as a line, the one that is not over as a dot. */
export function Sparkline({ points, asOf, label }: Props) {
  const now = Date.parse(asOf);
  const past = points.filter(({ start }) => Date.parse(start) < now);
  const highest = Math.max(1, ...past.map(({ engagement }) => engagement.totalSessions));
  const step = (width - 2 * edge) / Math.max(1, points.length - 1);
  const places = past.map(({ partial, engagement }, i) => ({
    partial,
    at: `${(edge + i * step).toFixed(1)} ${(height - edge - (engagement.totalSessions / highest) * (height - 2 * edge)).toFixed(1)}`,
  }));
  const line = places.filter(({ partial }) => !partial).map(({ at }) => at);
  const last = places.at(-1);
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {line.length > 1 && <path d={`M${line.join('L')}`} />}
      {last && <path className="last" data-partial={last.partial} d={`M${last.at}h0`} />}
    </svg>
  );
}
