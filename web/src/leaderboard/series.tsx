import { useMemo, useState } from 'react';
import { Figure } from '../chart/figure';
import { draw, pair } from './series-chart';
import { amount } from './format';
import { intervals, measures, type Measure } from './names';
import { intervalOf, type Range, type SeriesData } from './queries';

interface Props {
  series: SeriesData['partner'] | null;
  engagement: { asOf: string; range: Range };
  name: string;
}

/** A measure over the range, the earlier one behind it; the same as a table for those who read it. */
export function Series({ series, engagement: { asOf, range }, name }: Props) {
  const [measure, setMeasure] = useState<Measure>('totalSessions');
  const interval = intervalOf(range.start, range.end);
  const bucket = intervals[interval];
  const pairs = useMemo(() => (series ? pair(series, measure, interval, asOf) : []), [series, measure, interval, asOf]);
  const chart = useMemo(() => draw(pairs, measure, interval, range.timeZone), [pairs, measure, interval, range.timeZone]);
  return (
    <>
      <div className="fields heading">
        <h3>By {bucket}</h3>
        <div role="group" aria-label="Measure" className="switch">
          {(Object.keys(measures) as Measure[]).map((each) => (
            <button key={each} type="button" aria-pressed={each === measure} onClick={() => setMeasure(each)}>
              {measures[each]}
            </button>
          ))}
        </div>
      </div>
      <p className="legend faint">
        <span>
          <i className="now" /> this period
        </span>
        <span>
          <i className="before" /> the earlier one
        </span>
      </p>
      {series ? (
        <Figure label={`${measures[measure]} of ${name} by ${bucket}, beside the earlier period`} draw={chart} height={260} />
      ) : (
        <div style={{ minHeight: 260 }} />
      )}
      <details>
        <summary>As a table</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label="The series as a table">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" className="number">
                  {measures[measure]}
                </th>
                <th scope="col">Earlier, from</th>
                <th scope="col" className="number">
                  {measures[measure]}
                </th>
              </tr>
            </thead>
            <tbody>
              {pairs.map(({ at, now, label, before, earlier }) => (
                <tr key={at.getTime()}>
                  <th scope="row">{label}</th>
                  <td className="number">{amount(measure, now)}</td>
                  <td>{earlier}</td>
                  <td className="number">{amount(measure, before)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
