import { useState } from 'react';
import { Bar } from '../shared/bar';
import { isUnanswered } from '../shared/client';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';
import { useOnline } from '../shared/use-online';
import { haveSpan, maxRows, pageRows } from './choices';
import { Controls } from './controls';
import { downloadTable } from './download';
import { days, moment } from './format';
import { Only } from './only';
import { Problem } from './problem';
import { hasBegun, type Edge, type Range } from './queries';
import { Scorecard } from './scorecard';
import { Table } from './table';
import { useChoices } from './use-choices';
import { useGroups } from './use-groups';
import { useRanking, type Ranking } from './use-ranking';
import './leaderboard.css';

export function Leaderboard({ config }: { config: Config }) {
  const key = useKey(config);
  const [choices, choose] = useChoices();
  const { groups, problem: noGroups, retry: retryGroups } = useGroups(key);
  const { ranking, busy, problem, retry } = useRanking(key, choices);
  const [unsaved, setUnsaved] = useState<unknown>(null);
  useOnline(isUnanswered(unsaved) ? () => setUnsaved(null) : null); // a file that comes unasked would surprise

  const save = (range: Ranking['range']) => {
    setUnsaved(null);
    downloadTable(key, choices, range).catch(setUnsaved);
  };

  return (
    <>
      <Bar section="/leaderboard" credential={key} />
      <main id="content" tabIndex={-1} className="leaderboard">
        <h1>Partner leaderboard</h1>
        <Controls choices={choices} choose={choose} groups={groups} range={ranking?.range ?? null} />
        {!key.value && (
          <p className="notice">
            The ranking needs an API key that may read analytics (scope <code>analytics:read</code>). Paste it at the top of the page; it is kept
            until this tab closes, and nowhere else.
          </p>
        )}
        {(problem ?? noGroups) !== null && (
          <Problem
            problem={problem ?? noGroups}
            onRetry={() => {
              retry();
              retryGroups();
            }}
          />
        )}
        {unsaved !== null && ranking && <Problem problem={unsaved} onRetry={() => save(ranking.range)} />}
        <div className="summary">
          <p role="status">{ranking ? <Summary ranking={ranking} busy={busy} /> : busy && 'Loading…'}</p>
          <button type="button" disabled={!ranking || ranking.totalCount === 0 || busy || problem !== null} onClick={() => ranking && save(ranking.range)}>
            Download CSV
          </button>
        </div>
        <Only choices={choices} groups={groups} />
        {ranking && ranking.edges.length > 0 && <Table edges={ranking.edges} range={ranking.range} order={ranking.order} choices={choices} choose={choose} busy={busy} />}
        {ranking && <More ranking={ranking} busy={busy} onMore={() => choose({ rows: Math.min(ranking.edges.length + pageRows, maxRows) }, 'replace')} />}
      </main>
      {key.value && choices.partner && haveSpan(choices) && (
        <Scorecard key={choices.partner} credential={key} choices={choices} uuid={choices.partner} onClose={() => choose({ partner: null })} />
      )}
    </>
  );
}

function Summary({ ranking: { totalCount, range, edges }, busy }: { ranking: Ranking; busy: boolean }) {
  const engagement = edges[0]?.engagement;
  return (
    <>
      <strong>{totalCount === 1 ? '1 partner' : `${totalCount.toLocaleString('en')} partners`}</strong>, {days(range)} ({range.timeZone})
      {engagement && <Progress range={range} engagement={engagement} />}.{busy && ' Loading…'}
    </>
  );
}

function Progress({ range, engagement: { asOf, change } }: { range: Range; engagement: Edge['engagement'] }) {
  if (!hasBegun(range, asOf)) return <>; this period has not begun</>;
  return (
    <>
      {range.partial && `; this period is not over, counted at ${moment(asOf, range.timeZone)}`}. Compared with {days(change.previousRange)}
    </>
  );
}

function More({ ranking: { edges, totalCount, pageInfo }, busy, onMore }: { ranking: Ranking; busy: boolean; onMore: () => void }) {
  if (totalCount === 0) return <p className="notice">No partner passes these filters.</p>;
  return (
    <p className="more">
      {pageInfo.hasNextPage && edges.length < maxRows && (
        <button type="button" aria-disabled={busy} onClick={() => !busy && onMore()}>
          Show more
        </button>
      )}
      <span className="faint">
        {edges.length.toLocaleString('en')} of {totalCount.toLocaleString('en')} shown
        {totalCount > maxRows && edges.length >= maxRows && '; filter to see the others'}
      </span>
    </p>
  );
}
