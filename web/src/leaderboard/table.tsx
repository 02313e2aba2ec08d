import type { Choices } from './choices';
import { formatChoices, firstDirection } from './choices';
import { Delta } from './delta';
import { amount, sentenceCase } from './format';
import { chosenInterval, hasBegun, type Edge, type Range } from './queries';
import { directions, intervals, measures, orderFields, type Measure, type OrderField } from './names';
import { Sparkline } from './sparkline';
import type { Choose } from './use-choices';
import type { Order } from './use-ranking';

const columns: { field: OrderField; measure: Measure }[] = [
  { field: 'TOTAL_SESSIONS', measure: 'totalSessions' },
  { field: 'TOTAL_PAGE_VIEWS', measure: 'totalPageViews' },
  { field: 'UNIQUE_USERS', measure: 'uniqueUsers' },
  { field: 'AVG_SESSION_DURATION', measure: 'avgSessionDurationSeconds' },
];

interface Props {
  edges: Edge[];
  range: Range;
  order: Order;
  choices: Choices;
  choose: Choose;
  busy: boolean;
}

/** The ranking. Roles are written out because on a phone rows are laid out as cards, which takes a table's roles away. */
export function Table({ edges, range, order, choices, choose, busy }: Props) {
  const bucket = intervals[chosenInterval(choices)];
  return (
    <table role="table" className="ranking" aria-label="Partners by engagement" aria-busy={busy}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="number">
            Rank
          </th>
          <Sortable field="NAME" order={order} choices={choices} choose={choose} />
          <th role="columnheader" scope="col">
            Sessions by {bucket}
          </th>
          {columns.map(({ field }) => (
            <Sortable key={field} field={field} order={order} choices={choices} choose={choose} />
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

/** A column's header: it says how the rows are sorted, and asks for another order than the last. */
function Sortable({ field, order, choices, choose }: { field: OrderField } & Pick<Props, 'order' | 'choices' | 'choose'>) {
  const active = order.orderBy === field;
  const turned = choices.direction === 'ASC' ? 'DESC' : 'ASC';
  const next = choices.orderBy === field ? turned : firstDirection(field);
  return (
    <th
      role="columnheader"
      scope="col"
      className={field === 'NAME' ? undefined : 'number'}
      aria-sort={active ? directions[order.direction] : undefined}
    >
      <button type="button" onClick={() => choose({ orderBy: field, direction: next })}>
        {orderFields[field]}
        <span aria-hidden="true">{!active ? '↕' : order.direction === 'ASC' ? '↑' : '↓'}</span>
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
