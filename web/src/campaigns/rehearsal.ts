import { ask } from '../shared/client';
import type { Demo } from '../shared/config';
import { ofTab } from '../shared/kept';
import sampleQuery from './sample.graphql?raw';

/** A show with an audience made up, in the demo alone: its own campaign, and events as players send them. */
export interface Rehearsal {
  campaignKey: string;
  startedAt: number;
}

interface Event {
  id: string;
  action: 'watch' | 'like' | 'chat' | 'product_click';
  campaign: string;
  visitor: string;
  at: string;
  country: string;
  device: string;
  source: string;
  seconds?: number;
  loggedIn?: boolean;
}

interface Viewer {
  joins: number;
  leaves: number;
  name: string;
  country: string;
  device: string;
  source: string;
  loggedIn: boolean;
}

/** In seconds, as everything below. */
export const length = 300;
const audience = 240;
const heartbeat = 10;
const watched = 15;
const longestDelay = 60;

/** A number in [0, 1) that depends on the seeds alone (the finalizer of MurmurHash3). */
function chance(...seeds: number[]): number {
  let h = 0;
  for (const seed of seeds) {
    h = Math.imul(h ^ seed, 0x85ebca6b) + 0x9e3779b9;
    h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
    h ^= h >>> 13;
  }
  return (h >>> 0) / 2 ** 32;
}

const pick = (list: string[], c: number) => list[Math.floor(c * list.length)]!;

const viewers: Viewer[] = Array.from({ length: audience }, (_, i) => {
  // Most come in the first half; a third come together, for the star of the show.
  const joins = Math.floor(i % 3 === 0 ? 120 + 25 * chance(i, 1) : 200 * chance(i, 1) ** 1.5);
  return {
    joins,
    leaves: Math.min(joins + 40 + Math.floor(200 * chance(i, 2) ** 0.7), length - Math.floor(20 * chance(i, 3))),
    name: `sample-viewer-${i}`,
    country: pick(['FR', 'FR', 'DE', 'GB', 'ES', 'US', 'JP'], chance(i, 4)),
    device: pick(['mobile', 'mobile', 'desktop', 'tv'], chance(i, 5)),
    source: pick(['newsletter', 'instagram', 'search', 'direct'], chance(i, 6)),
    loggedIn: chance(i, 7) < 0.4,
  };
});

/** What each viewer who watches does in a second, and how much more often when it is exciting. */
const habits = [
  { action: 'like', chance: 0.012, excited: 5 },
  { action: 'chat', chance: 0.005, excited: 2 },
  { action: 'product_click', chance: 0.004, excited: 3 },
] as const;

const exciting = (second: number) => second % 75 >= 60 || (second > 140 && second < 160);

/** What happens in one second of the show. */
export function eventsIn({ campaignKey, startedAt }: Rehearsal, second: number): Event[] {
  return viewers.flatMap((viewer, i) => {
    if (second < viewer.joins || second >= viewer.leaves) return [];
    const { name, country, device, source, loggedIn } = viewer;
    const event = (action: Event['action']): Event => ({
      id: `${campaignKey}-${action}-${i}-${second}`,
      action,
      campaign: campaignKey,
      visitor: name,
      at: new Date(startedAt + second * 1000).toISOString(),
      country,
      device,
      source,
    });
    const done = habits
      .filter((habit, h) => chance(i, second, h) < habit.chance * (exciting(second) ? habit.excited : 1))
      .map((habit) => event(habit.action));
    const beats = (second - viewer.joins) % heartbeat === 0;
    return beats ? [{ ...event('watch'), seconds: Math.min(watched, viewer.leaves - second), loggedIn }, ...done] : done;
  });
}

const item = 'footfall.rehearsal';

/** The show that this tab plays, if it plays one: it goes on after a reload. */
export function playing(): Rehearsal | null {
  const stored = ofTab.getItem(item);
  return stored ? JSON.parse(stored) : null;
}

/** Goes on the air, and gives the new campaign. */
export async function begin(demo: Demo): Promise<Rehearsal> {
  const startedAt = Math.floor(Date.now() / 1000) * 1000;
  const rehearsal = { campaignKey: `sample-show-${startedAt / 1000}`, startedAt };
  await save(demo, rehearsal, null);
  ofTab.setItem(item, JSON.stringify(rehearsal));
  return rehearsal;
}

/** Ends the show, whoever still watches. */
export async function end(demo: Demo, rehearsal: Rehearsal) {
  await save(demo, rehearsal, new Date().toISOString());
  ofTab.removeItem(item);
}

async function save(demo: Demo, { campaignKey, startedAt }: Rehearsal, endedAt: string | null) {
  const start = new Date(startedAt).toISOString();
  await ask(demo.fullKey, sampleQuery, {
    campaign: { campaignKey, title: 'Sample show', scheduledAt: start, startedAt: start, endedAt },
  });
}

/** Sends the show's events as its seconds pass, until it is over or the function returned is called. */
export function play(demo: Demo, rehearsal: Rehearsal, onEnd: () => void): () => void {
  let stopped = false;
  let sent = Math.max(-1, passed() - longestDelay);
  let timer = setTimeout(send);

  function passed() {
    return Math.floor((Date.now() - rehearsal.startedAt) / 1000);
  }

  async function send() {
    const second = Math.min(passed(), length);
    const due = Array.from({ length: second - sent }, (_, i) => eventsIn(rehearsal, sent + 1 + i)).flat();
    // What could not be sent is sent again: the gateway counts an event once.
    if (await post(demo.fullKey, due)) sent = second;
    if (stopped) return;
    if (sent >= length) onEnd();
    else timer = setTimeout(send, 1000);
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function post(key: string, events: Event[]): Promise<boolean> {
  if (events.length === 0) return true;
  try {
    const response = await fetch('/v1/events', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      body: JSON.stringify(events),
    });
    return response.ok;
  } catch {
    return false;
  }
}
