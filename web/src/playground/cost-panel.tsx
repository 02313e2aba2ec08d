import { useEffect, useState, type ReactNode } from 'react';
import { figure } from '../chart/numbers';
import { useOnline } from '../shared/use-online';
import type { Exchange } from './exchange';
import { holdsStill, planOf, type Batch, type Plan } from './dry-run';
import { cached, costOf, freshnessOf, reasonOf, type Freshness } from './extensions';
import { troubleOf } from './says';

interface Props {
  exchange: Exchange | undefined;
  credential: () => string;
}

/** What an answer cost, how fresh it is, and what was read for it: as the answer itself says. */
export function CostPanel({ exchange, credential }: Props) {
  if (!exchange) return <p className="faint">Run the query, and what it cost and how fresh its answer is stands here.</p>;
  const cost = costOf(exchange);
  const freshness = freshnessOf(exchange);
  const trouble = troubleOf(exchange);
  return (
    <div className="facts">
      {trouble && <p className="notice alarm">{trouble}</p>}
      <section>
        <h2>
          <a href="/docs/graphql#cost">Cost</a>
        </h2>
        {cost ? (
          <dl>
            <Fact name="Estimated">{figure(cost.estimated)}</Fact>
            {cost.actual !== undefined && <Fact name="Actual">{figure(cost.actual)}</Fact>}
            {cost.budgetLeft !== undefined && <Fact name="Budget left">{figure(cost.budgetLeft)}</Fact>}
          </dl>
        ) : (
          <p className="faint">{exchange.live ? 'Events do not say what they cost; the plan below does.' : 'The answer does not say.'}</p>
        )}
        <p className="faint note">The estimate is known before anything runs, and taken from the minute’s budget; the actual cost is the same sum over the lists as they came.</p>
      </section>
      <section>
        <h2>
          <a href="/docs/graphql#freshness">Freshness</a>
        </h2>
        {freshness ? <FreshnessFacts freshness={freshness} /> : <p className="faint">{exchange.live ? 'A value is sent when it changes.' : 'Nothing was measured.'}</p>}
      </section>
      <PlanFacts exchange={exchange} credential={credential} />
      <Transport exchange={exchange} credential={credential} />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function FreshnessFacts({ freshness: { asOf, ageSeconds, stale, sources } }: { freshness: Freshness }) {
  const { memory, redis, store, stale: old } = sources;
  return (
    <>
      <dl>
        <Fact name="As of">{asOf ? <time dateTime={asOf}>{new Date(asOf).toLocaleString('en-GB')}</time> : 'No measure was read'}</Fact>
        <Fact name="Age">{`${ageSeconds} s`}</Fact>
        <Fact name="Stale">{stale ? 'Yes: the database is out of reach' : 'No'}</Fact>
        <Fact name="Cache">{cached(sources)}</Fact>
      </dl>
      <p className="faint note">{`Parts found: ${memory} in memory, ${redis} in Redis, ${store} in Postgres${old ? `, ${old} remembered although old` : ''}.`}</p>
    </>
  );
}

const unanswered = 'The server cannot be reached.';

/** A dry run: asked for only while this is open. */
function PlanFacts({ exchange, credential }: { exchange: Exchange; credential: () => string }) {
  const [plan, setPlan] = useState<Plan | string | null>(null);
  const [attempt, setAttempt] = useState(0);
  useOnline(plan === unanswered ? () => setAttempt(attempt + 1) : null);
  useEffect(() => {
    const leaving = new AbortController();
    setPlan(null);
    planOf(exchange.request, credential(), leaving.signal)
      .then(setPlan)
      .catch(() => leaving.signal.aborted || setPlan(unanswered));
    return () => leaving.abort();
  }, [exchange.request, credential, attempt]);
  return (
    <section className="wide">
      <h2>
        <a href="/docs/graphql#cost">Batches</a>
      </h2>
      {plan === null && <p className="faint">Asking for the plan…</p>}
      {typeof plan === 'string' && <p className="faint">{plan}</p>}
      {plan && typeof plan !== 'string' && <PlanTable plan={plan} />}
    </section>
  );
}

function PlanTable({ plan: { batches, estimated } }: { plan: Plan }) {
  if (!batches.length) return <p className="faint">{`Estimated at ${figure(estimated)}; it asks the store for nothing that a plan lists.`}</p>;
  return (
    <>
      <div className="scroll" role="region" aria-label="Batches" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {['Of', 'Keys', 'Ranges', 'Cells', 'With'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {batches.map((batch, index) => (
              <tr key={index}>
                <td>{batch.of}</td>
                <td className="number">{figure(batch.keys)}</td>
                <td className="number">{figure(batch.ranges)}</td>
                <td className="number">{figure(batch.cells)}</td>
                <td>{withOf(batch)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="faint note">A batch is one question to the store, whatever asks for it; cells are those that it reads at most. Told by a dry run, which costs nothing.</p>
    </>
  );
}

function withOf({ sets, facets, ends }: Batch): string {
  return [sets && 'sets', facets && 'dimensions', ends && `${ends} ${ends === 1 ? 'end' : 'ends'} counted from events`].filter(Boolean).join(', ') || '–';
}

function Transport({ exchange, credential }: { exchange: Exchange; credential: () => string }) {
  const { status, milliseconds, bytes, headers, live, request } = exchange;
  const [held, setHeld] = useState('');
  useEffect(() => setHeld(''), [exchange]);
  const etag = headers?.get('ETag');
  return (
    <section className="wide">
      <h2>
        <a href="/docs/graphql#http">Transport</a>
      </h2>
      <dl>
        {status !== undefined && <Fact name="Status">{`${status} ${reasonOf(status)}`}</Fact>}
        {milliseconds !== undefined && <Fact name={live ? 'Until the first value' : 'Time'}>{`${figure(Math.round(milliseconds))} ms`}</Fact>}
        {bytes !== undefined && <Fact name={live ? 'Size of the latest value' : 'Size'}>{`${figure(bytes)} bytes`}</Fact>}
        {live && <Fact name="Values so far">{figure(exchange.heard.length)}</Fact>}
        {etag && (
          <Fact name="ETag">
            <code>{etag}</code>
          </Fact>
        )}
      </dl>
      {etag && !live && (
        <p>
          <button type="button" className="quiet" onClick={() => void holdsStill(request, etag, credential()).then(setHeld)}>
            Does it still hold?
          </button>{' '}
          <output>{held}</output>
        </p>
      )}
    </section>
  );
}
