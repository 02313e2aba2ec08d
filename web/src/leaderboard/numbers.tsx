import { Delta } from './delta';
import { amount } from './format';
import { measures } from './names';
import { hasBegun, type ScorecardData } from './queries';

const names = { ...measures, totalSessionSeconds: 'Time in sessions' };
const fields = Object.keys(names) as (keyof typeof names)[];

/** Each number with how it moved. */
export function Numbers({ engagement }: { engagement: NonNullable<ScorecardData['partner']>['engagement'] }) {
  return (
    <ul className="cards">
      {fields.map((field) => (
        <li key={field} className="card">
          {names[field]}
          <span className="value">{amount(field, engagement[field])}</span>
          {hasBegun(engagement.range, engagement.asOf) && <Delta measure={field} change={engagement.change[field]} />}
        </li>
      ))}
    </ul>
  );
}

/** What each number is, in the words of the API. */
export function Definitions({ definitions }: { definitions: ScorecardData['metricDefinitions'] }) {
  const meant = new Map(definitions.map(({ name, definition }) => [name, definition.replaceAll('`', '')]));
  return (
    <dl className="definitions">
      {fields.map((field) => (
        <div key={field}>
          <dt>{names[field]}</dt>
          <dd>{meant.get(field)}</dd>
        </div>
      ))}
    </dl>
  );
}
