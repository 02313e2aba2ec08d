// What the queries beside this file answer.

export type Status = 'READY' | 'ONAIR' | 'ENDED';

interface Dates {
  title: string;
  status: Status;
  scheduledAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

export interface Row extends Dates {
  campaignKey: string;
  metrics: { totalViewers: number; peakConcurrentViewers: number };
}

export interface ListAnswer {
  campaigns: { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

export interface Audience {
  stepSeconds: number;
  points: { at: string; viewers: number }[];
  asOf: string;
}

export interface Campaign extends Dates {
  audience: Audience;
}

export interface WallAnswer {
  campaign: Campaign | null;
}

export interface Metrics {
  totalViewers: number;
  totalLoginViewers: number;
  averageViewingTime: number | null;
  peakConcurrentViewers: number;
  peakAt: string | null;
  likes: number;
  likeViewers: number;
  chats: number;
  chatViewers: number;
  productClicks: number;
  productClickViewers: number;
}

export interface LiveAnswer {
  campaignLive: { at: string; viewersNow: number; metrics: Metrics };
}

export interface QuartersAnswer {
  campaign: {
    timeSeries: {
      points: { start: string; end: string; metrics: Pick<Metrics, Deed> }[];
    };
  } | null;
}

/** What viewers do beside watching. */
export type Deed = 'likes' | 'chats' | 'productClicks';

export const deeds: { deed: Deed; people: 'likeViewers' | 'chatViewers' | 'productClickViewers'; name: string }[] = [
  { deed: 'likes', people: 'likeViewers', name: 'Likes' },
  { deed: 'chats', people: 'chatViewers', name: 'Chats' },
  { deed: 'productClicks', people: 'productClickViewers', name: 'Product clicks' },
];
