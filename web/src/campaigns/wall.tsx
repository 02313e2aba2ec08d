import { useEffect, useState } from 'react';
import type { Demo } from '../shared/config';
import type { Key } from '../shared/use-key';
import { duration } from '../chart/numbers';
import type { Campaign } from './answers';
import { follow, nothing, type Feed, type Trouble } from './feed';
import { FullScreen } from './full-screen';
import { LiveView } from './live-view';
import { latest, steps } from './recording';
import { ReplayView } from './replay-view';
import { SampleShow } from './sample-show';
import { StatusBadge } from './status-badge';
import { clock, moment } from './times';
import { useNow } from './use-now';

interface Props {
  credential: Key;
  campaignKey: string;
  demo: Demo | null;
}

/** One campaign, for a large screen in a studio. */
export function Wall({ credential, campaignKey, demo }: Props) {
  const { feed, refresh } = useFeed(credential, campaignKey);
  const { campaign, recording, link, trouble } = feed;
  const here = useNow();
  const end = recording.at(-1)?.to;
  const now = end ?? Math.floor((here + feed.ahead) / 1000) * 1000;
  const viewers = latest(recording)?.viewers ?? 0;
  const over = campaign !== null && isOver(campaign, viewers, now);
  useEffect(() => {
    if (campaign) document.title = `${campaign.title} · Live · Footfall`;
  }, [campaign]);
  return (
    <main id="content" tabIndex={-1} className="wall">
      <header>
        <div>
          <h1>{campaign?.title ?? (trouble === 'unknown' ? 'No such campaign' : 'Live')}</h1>
          <p className="since">{campaign && <Since campaign={campaign} now={now} over={over} />}</p>
        </div>
        <div className="acts">
          {demo && <SampleShow demo={demo} campaignKey={campaignKey} onEnd={refresh} />}
          {trouble !== 'unknown' && <FullScreen />}
        </div>
      </header>
      <p className="link" role="status">
        {says(feed, credential, campaignKey, now)}
      </p>
      {campaign &&
        (over ? (
          <ReplayView
            apiKey={credential.value}
            campaignKey={campaignKey}
            campaign={campaign}
            metrics={latest(recording)?.metrics}
          />
        ) : (
          <LiveView campaign={campaign} recording={recording} now={now} stale={link === 'lost' || trouble !== null} />
        ))}
      {trouble === 'unknown' && (
        <p>
          <a href="/campaigns">All campaigns</a>
        </p>
      )}
    </main>
  );
}

function useFeed({ value, onStatus }: Key, campaignKey: string) {
  const [feed, setFeed] = useState(nothing);
  const [refresh, setRefresh] = useState(() => () => {});
  useEffect(() => {
    setFeed(nothing);
    if (!value) return;
    const followed = follow(value, campaignKey, (next) => {
      setFeed(next);
      if (next.trouble === 'refused') onStatus(401);
    });
    setRefresh(() => followed.refresh);
    return followed.stop;
    // onStatus does the same at every render
  }, [value, campaignKey]);
  return { feed, refresh };
}

const troubles: Record<Trouble, string> = {
  refused: 'The key is not accepted, or not any more: give another one above.',
  forbidden: 'This key may not read campaigns. Give one with the scope analytics:read above.',
  unknown: 'There is no campaign',
};

function says({ trouble, link, campaign }: Feed, credential: Key, campaignKey: string, now: number): string {
  if (!credential.value) return 'Give an API key above to see this campaign.';
  if (trouble === 'unknown') return `${troubles.unknown} with the key ${campaignKey}.`;
  if (trouble) return troubles[trouble];
  if (link === 'lost' && !campaign) return 'The server does not answer yet. Trying again…';
  if (link === 'lost') return `Reconnecting… The numbers are as of ${clock(now)}.`;
  return '';
}

function Since({ campaign, now, over }: { campaign: Campaign; now: number; over: boolean }) {
  const { status, scheduledAt, startedAt, endedAt, audience } = campaign;
  const start = Date.parse(startedAt ?? scheduledAt);
  const left = steps(audience).at(-1);
  return (
    <>
      <StatusBadge status={status} />
      {status === 'READY' && ` Starts ${moment(start, now)}`}
      {status === 'ONAIR' && !over && ` Since ${moment(start, now)}, for ${duration(Math.max(0, now - start) / 1000)}`}
      {status === 'ONAIR' && over && left && ` Since ${moment(start, now)}; nobody has watched since ${moment(left.at, now)}`}
      {endedAt && ` ${moment(start, now)} to ${moment(Date.parse(endedAt), start)}`}
    </>
  );
}

const idle = 15 * 60_000;

/** A show is over when it says so, or when the last viewer left a while ago. */
function isOver({ status, audience }: Campaign, viewers: number, now: number): boolean {
  const left = steps(audience).at(-1);
  return status === 'ENDED' || (viewers === 0 && left?.viewers === 0 && left.at < now - idle);
}
