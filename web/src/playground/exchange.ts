import type { ExecutionResult } from 'graphql';
import type { Heard } from '../chart/live';
import type { Json } from '../chart/selection';

export interface Request {
  query: string;
  variables: Json;
  operationName?: string;
}

/** A request that was sent, and what is known of its answer by now. */
export interface Exchange {
  request: Request;
  live: boolean;
  /** Whether more may come. */
  open: boolean;
  status?: number;
  headers?: Headers;
  /** Of the whole answer; a subscription's is that of the first value. */
  milliseconds?: number;
  bytes?: number;
  result?: ExecutionResult<Json>;
  /** The latest values of a subscription. */
  heard: Heard[];
  failure?: string;
}

const remembered = 600; // ten minutes of values, at one a second

/** The latest exchange of every tab, for the panels beside the answer. */
export class Exchanges {
  private readonly byTab = new Map<string, Exchange>();
  private readonly listeners = new Set<() => void>();
  /** The tab that what is sent now belongs to. */
  tab = '';

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  of = (tab: string) => this.byTab.get(tab);

  /** Begins an exchange; what comes later is told by the function returned. */
  begin(request: Request, live: boolean): (news: Partial<Exchange>) => void {
    const { tab } = this;
    let current: Exchange = { request, live, open: true, heard: [] };
    this.set(tab, current);
    return (news) => {
      if (this.byTab.get(tab) !== current) return; // another one has begun since
      current = { ...current, ...news };
      if (live && news.result?.data) current.heard = [...current.heard, { at: Date.now(), data: news.result.data }].slice(-remembered);
      this.set(tab, current);
    };
  }

  private set(tab: string, exchange: Exchange) {
    this.byTab.set(tab, exchange);
    this.listeners.forEach((listener) => listener());
  }
}
