import type { Choices } from './choices';
import { formatChoices, firstDirection } from './choices';
import { Delta } from './delta';
import { amount, sentenceCase } from './format';
import { chosenInterval, hasBegun, type Edge, type Range } from './queries';
import { directions, intervals, measures, orderFields, type Measure, type OrderField } from './names';
import { Sparkline } from './sparkline';
import type { Choose } from './use-choices';

const columns: { field: OrderField; measure: Measure }[] = [
  { field: 'TOTAL_SESSIONS', measure: 'totalSessions' },
  { field: 'TOTAL_PAGE_VIEWS', measure: 'totalPageViews' },
  { field: 'UNIQUE_USERS', measure: 'uniqueUsers' },
  { field: 'AVG_SESSION_DURATION', measure: 'avgSessionDurationSeconds' },
];

interface Props {
  edges: Edge[];
  range: Range;
  choices: Choices;
  choose: Choose;
  busy: boolean;
}

/** The ranking. Roles are written out because on a phone rows are laid out as cards, which takes a table's roles away. */
export function Table({ edges, range, choices, choose, busy }: Props) {
  const bucket = intervals[chosenInterval(choices)];
  return (
    <table role="table" className="ranking" aria-label="Partners by engagement" aria-busy={busy}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="number">
            Rank
          </th>
          <Sortable field="NAME" choices={choices} choose={choose} />
          <th role="columnheader" scope="col">
            Sessions by {bucket}
          </th>
          {columns.map(({ field }) => (
            <Sortable key={field} field={field} choices={choices} choose={choose} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {edges.map((edge) => (
          <Row key={edge.node.uuid} edge={edge} range={range} bucket={bucket} choices={choices} choose={choose} />
        ))}
      </tbody>
    </table>
  );
}

function Sortable({ field, choices, choose }: { field: OrderField; choices: Choices; choose: Choose }) {
  const active = choices.orderBy === field;
  const turned = choices.direction === 'ASC' ? 'DESC' : 'ASC';
  return (
    <th
      role="columnheader"
      scope="col"
      className={field === 'NAME' ? undefined : 'number'}
      aria-sort={active ? directions[choices.direction] : undefined}
    >
      <button type="button" onClick={() => choose({ orderBy: field, direction: active ? turned : firstDirection(field) })}>
        {orderFields[field]}
        <span aria-hidden="true">{!active ? '↕' : choices.direction === 'ASC' ? '↑' : '↓'}</span>
      </button>
    </th>
  );
}

/** The element that opens a partner's scorecard, and gets the focus back from it. */
export const openerId = (uuid: string) => `partner-${uuid}`;

interface RowProps {
  edge: Edge;
  range: Range;
  bucket: string;
  choices: Choices;
  choose: Choose;
}

function Row({ edge: { rank, node, engagement }, range, bucket, choices, choose }: RowProps) {
  const traits = [sentenceCase(node.partnerType), node.tier?.name].filter(Boolean).join(' · ');
  return (
    <tr
      role="row"
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return; // the browser opens the link elsewhere
        if (getSelection()?.type === 'Range') return; // someone copies a number
        event.preventDefault();
        choose({ partner: node.uuid });
      }}
    >
      <td role="cell" className="number rank">
        {rank}
      </td>
      <th role="rowheader" scope="row" className="partner">
        <a id={openerId(node.uuid)} href={`?${formatChoices({ ...choices, partner: node.uuid })}`}>
          {node.name}
        </a>
        <small>{traits}</small>
      </th>
      <td role="cell" className="shape">
        <Sparkline points={node.timeSeries.points} asOf={engagement.asOf} label={`Sessions of ${node.name} by ${bucket}`} />
      </td>
      {columns.map(({ measure }) => (
        <td key={measure} role="cell" className="number" data-label={measures[measure]}>
          {amount(measure, engagement[measure])}
          {hasBegun(range, engagement.asOf) && <Delta measure={measure} change={engagement.change[measure]} />}
        </td>
      ))}
    </tr>
  );
}
