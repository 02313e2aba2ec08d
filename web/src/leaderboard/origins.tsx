import { useState } from 'react';
import { figure } from '../chart/numbers';
import type { Shares } from './queries';

const dimensions = { source: 'Source', country: 'Country', device: 'Device' };
type Dimension = keyof typeof dimensions;

const regions = new Intl.DisplayNames('en', { type: 'region' });

/** Where sessions came from, by one dimension at a time; nothing when no event said. */
export function Origins({ partner }: { partner: Record<Dimension, Shares> }) {
  const [chosen, setChosen] = useState<Dimension>('source');
  const told = (Object.keys(dimensions) as Dimension[]).filter((name) => partner[name].rows.some(({ values }) => values[0] !== null));
  const shown = told.includes(chosen) ? chosen : told[0];
  if (!shown) return null;
  const { rows, other, truncated } = partner[shown];
  const bars = rows.map(({ values: [value], metrics }) => ({ name: nameOf(shown, value ?? null), sessions: metrics.totalSessions }));
  if (other) bars.push({ name: 'All others', sessions: other.totalSessions });
  const total = bars.reduce((sum, { sessions }) => sum + sessions, 0);
  const largest = Math.max(1, ...bars.map(({ sessions }) => sessions));
  const share = (sessions: number) => (total === 0 ? 0 : (100 * sessions) / total);
  return (
    <>
      <div className="fields heading">
        <h3>Where sessions came from</h3>
        <div role="group" aria-label="Sessions by" className="switch">
          {told.map((name) => (
            <button key={name} type="button" aria-pressed={name === shown} onClick={() => setChosen(name)}>
              {dimensions[name]}
            </button>
          ))}
        </div>
      </div>
      <table className="bars" aria-label={`Sessions by ${dimensions[shown].toLowerCase()}`}>
        <tbody>
          {bars.map(({ name, sessions }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="bar-of" aria-hidden="true">
                <span style={{ inlineSize: `${(100 * sessions) / largest}%` }} />
              </td>
              <td className="number">{figure(sessions)}</td>
              <td className="number faint">{share(sessions).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      {truncated && <p className="faint">Some days or months had more values than are kept; those are among all others.</p>}
    </>
  );
}

function nameOf(dimension: Dimension, value: string | null): string {
  if (value === null) return 'Unknown';
  if (dimension !== 'country' || !/^[A-Z]{2}$/.test(value)) return value;
  return regions.of(value) ?? value;
}
