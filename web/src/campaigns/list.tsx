import { useEffect, useState } from 'react';
import { ask, isUnanswered, Refused } from '../shared/client';
import type { Demo } from '../shared/config';
import type { Key } from '../shared/use-key';
import { useOnline } from '../shared/use-online';
import { figure } from '../chart/numbers';
import type { ListAnswer, Row } from './answers';
import listQuery from './list.graphql?raw';
import { SampleShow } from './sample-show';
import { StatusBadge } from './status-badge';
import { moment, zone } from './times';

/** The campaigns: what is on the air, what comes next, what was. */
export function List({ credential, demo }: { credential: Key; demo: Demo | null }) {
  const { rows, problem, busy, more } = useCampaigns(credential);
  const now = Date.now();
  const groups = [
    { title: 'On air', rows: rows?.filter((row) => row.status === 'ONAIR') },
    { title: 'To come', rows: rows?.filter((row) => row.status === 'READY').reverse() },
    { title: 'Over', rows: rows?.filter((row) => row.status === 'ENDED') },
  ];
  return (
    <main id="content" tabIndex={-1} className="campaigns">
      <header>
        <h1>Campaigns</h1>
        {demo && <SampleShow demo={demo} />}
      </header>
      <p className="faint">Each has a wall: viewers as they come and go, and afterwards a replay. Times are in {zone}.</p>
      {problem && (
        <p className={credential.value ? 'notice alarm' : 'notice'} role="status">
          {problem}
        </p>
      )}
      {groups.map(
        (group) =>
          group.rows &&
          group.rows.length > 0 && (
            <section key={group.title}>
              <h2>{group.title}</h2>
              <Table title={group.title} rows={group.rows} now={now} />
            </section>
          ),
      )}
      {rows?.length === 0 && <p className="notice">There is no campaign yet.</p>}
      {more && (
        <button type="button" aria-disabled={busy} onClick={() => !busy && more()}>
          Show earlier ones
        </button>
      )}
    </main>
  );
}

function Table({ title, rows, now }: { title: string; rows: Row[]; now: number }) {
  return (
    <div className="scroll">
      <table>
        <caption className="hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Campaign</th>
            <th scope="col">Status</th>
            <th scope="col">Start</th>
            <th scope="col" className="number">
              Viewers
            </th>
            <th scope="col" className="number">
              Peak
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.campaignKey}>
              <th scope="row">
                <a href={`/campaigns/${encodeURIComponent(row.campaignKey)}`}>{row.title}</a>
              </th>
              <td>
                <StatusBadge status={row.status} />
              </td>
              <td className="when">{moment(Date.parse(row.startedAt ?? row.scheduledAt), now)}</td>
              <td className="number">{figure(row.metrics.totalViewers)}</td>
              <td className="number">{figure(row.metrics.peakConcurrentViewers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the campaigns are asked for: those to come, all of them, and those before, page by page. */
interface Asked {
  key: string;
  now: string;
  signal: AbortSignal;
}

function useCampaigns({ value: key, onStatus }: Key) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [rows, setRows] = useState<Row[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState<(() => void) | null>(null);
  useOnline(again);

  async function page({ key, signal }: Asked, variables: { from: string; to: string; first: number; after: string | null }) {
    const { campaigns } = await ask<ListAnswer>(key, listQuery, variables, { signal, onStatus });
    return { rows: campaigns.nodes, next: campaigns.pageInfo.hasNextPage ? campaigns.pageInfo.endCursor : null };
  }

  async function coming(of: Asked): Promise<Row[]> {
    const all: Row[] = [];
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const { rows, next } = await page(of, { from: of.now, to: '2200-01-01T00:00:00Z', first: 100, after });
      all.push(...rows);
      after = next;
    }
    return all;
  }

  const before = (of: Asked, after: string | null) => page(of, { from: '1970-01-01T00:00:00Z', to: of.now, first: 25, after });

  /** Shows what load gives, unless somebody asks for something else meanwhile. */
  async function show(of: Asked, load: () => Promise<{ rows: Row[]; next: string | null }>) {
    setBusy(true);
    setAgain(null);
    try {
      const { rows, next } = await load();
      if (of.signal.aborted) return;
      setRows((old) => [...(old ?? []), ...rows]);
      setCursor(next);
      setProblem('');
    } catch (error) {
      if (of.signal.aborted) return;
      setProblem(problemOf(error));
      if (isUnanswered(error)) setAgain(() => () => void show(of, load));
    } finally {
      if (!of.signal.aborted) setBusy(false);
    }
  }

  useEffect(() => {
    setRows(null);
    setCursor(null);
    setBusy(false);
    setAgain(null);
    setProblem(key ? '' : 'Give an API key above to see the campaigns.');
    if (!key) return;
    const leaving = new AbortController();
    const of = { key, now: new Date().toISOString(), signal: leaving.signal };
    setAsked(of);
    void show(of, async () => {
      const [ahead, begun] = await Promise.all([coming(of), before(of, null)]);
      return { rows: [...ahead, ...begun.rows], next: begun.next };
    });
    return () => leaving.abort();
  }, [key]);

  return { rows, problem, busy, more: asked && cursor ? () => void show(asked, () => before(asked, cursor)) : null };
}

function problemOf(error: unknown): string {
  if (!(error instanceof Refused)) return 'The server does not answer. Reload the page to try again.';
  if (error.status === 401) return 'The key is not accepted: give another one above.';
  return error.message;
}
