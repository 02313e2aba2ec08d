import { ask, liveClient, Refused } from '../shared/client';
import type { Campaign, LiveAnswer, WallAnswer } from './answers';
import liveQuery from './live.graphql?raw';
import { breakOff, hear, latest, type Recording } from './recording';
import wallQuery from './wall.graphql?raw';

/** Why there is nothing to show, and will not be with this key. */
export type Trouble = 'refused' | 'forbidden' | 'unknown';

export interface Feed {
  campaign: Campaign | null;
  recording: Recording;
  link: 'opening' | 'live' | 'lost';
  trouble: Trouble | null;
  /** How far the server's clock is ahead of this one, in milliseconds. */
  ahead: number;
}

export const nothing: Feed = { campaign: null, recording: [], link: 'opening', trouble: null, ahead: 0 };

const troubles: Record<string, Trouble> = { UNAUTHENTICATED: 'refused', FORBIDDEN: 'forbidden', NOT_FOUND: 'unknown' };

const refreshEvery = 30_000;
const quietFor = 30_000;
const retryAfter = 2000;

/**
 * Follows a campaign until it is stopped: values of the subscription as they come, and the curve so far from time to time.
 * When the server goes away it waits for its return, then fetches what was missed. A stream that says nothing for a
 * while is opened anew, since the other end of a dead connection says nothing either.
 */
export function follow(key: string, campaignKey: string, show: (feed: Feed) => void) {
  let feed = nothing;
  let stopped = false;
  let unanswered = false;
  let close = () => {};
  let timer: ReturnType<typeof setTimeout>;
  let retrying: ReturnType<typeof setTimeout>;
  const client = liveClient(() => key, lose);
  const refreshing = setInterval(refresh, refreshEvery);

  function change(part: Partial<Feed>) {
    if (stopped) return;
    feed = { ...feed, ...part };
    show(feed);
  }

  function fail(trouble: Trouble) {
    change({ trouble, recording: broken() });
    stop();
  }

  async function refresh() {
    clearTimeout(retrying);
    try {
      const { campaign } = await ask<WallAnswer>(key, wallQuery, { campaignKey });
      if (campaign) change({ campaign });
      else fail('unknown');
    } catch (error) {
      const trouble = error instanceof Refused && troubles[error.code];
      if (trouble) fail(trouble); // anything else passes: the next refresh tells
      else if (!feed.campaign && !stopped) retrying = setTimeout(refresh, retryAfter);
    }
  }

  function open() {
    close();
    wait(quietFor, askAgain);
    let closed = false;
    const again = () => {
      if (!closed) reopen();
    };
    const unsubscribe = client.subscribe<LiveAnswer>(
      { query: liveQuery, variables: { campaignKey } },
      {
        next({ data, errors }) {
          const trouble = troubles[String(errors?.[0]?.extensions?.code)];
          if (trouble) fail(trouble);
          else if (data) tell(data);
        },
        error: again,
        complete: again,
      },
    );
    close = () => {
      closed = true;
      unsubscribe();
    };
  }

  function tell(answer: LiveAnswer) {
    wait(quietFor, askAgain);
    unanswered = false;
    const missed = feed.link === 'lost';
    const recording = hear(feed.recording, answer);
    const ahead = latest(recording)!.at - Date.now();
    change({ recording, link: 'live', ahead: feed.recording.length > 0 ? Math.max(feed.ahead, ahead) : ahead });
    if (missed || feed.campaign?.endedAt) void refresh(); // the curve of a show that is over is shown from its first to its last
  }

  function lose() {
    wait(quietFor, askAgain);
    change({ link: 'lost', recording: broken() });
    void refresh(); // a server that is back may have another opinion of the key
  }

  function askAgain() {
    if (unanswered) lose();
    unanswered = true;
    open();
  }

  // The server ended the stream with an error that may pass.
  function reopen() {
    lose();
    wait(retryAfter, open);
  }

  const broken = () => breakOff(feed.recording, Date.now() + feed.ahead);

  function wait(milliseconds: number, then: () => void) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(then, milliseconds);
  }

  function stop() {
    stopped = true;
    clearInterval(refreshing);
    clearTimeout(timer);
    clearTimeout(retrying);
    close();
  }

  void refresh();
  open();
  return { refresh, stop };
}
