import type { CSSProperties, ReactNode } from 'react';
import { duration, figure } from '../chart/numbers';
import type { Metrics } from './answers';

export interface Tile {
  name: string;
  perMinute: number | null;
  detail: string;
}

interface Props {
  /** Of which instant the large number is. */
  caption: string;
  viewers: number | null;
  peak: string;
  tiles: Tile[];
  metrics: Metrics | null;
  /** The numbers are not of now: the connection is gone. */
  stale?: boolean;
  /** What the rates are. */
  rates: string;
  children: ReactNode;
}

/** What a studio sees: one large number, its curve, what people do, and who they are. */
export function Stage({ caption, viewers, peak, tiles, metrics, stale, rates, children }: Props) {
  return (
    <div className="stage" data-stale={stale}>
      <section className="crowd" aria-label="Viewers">
        <h2>{caption}</h2>
        <p className="huge" style={{ '--digits': figure(viewers).length } as CSSProperties}>
          {figure(viewers)}
        </p>
        <p className="peak">{peak}</p>
      </section>
      <section className="story" aria-label="Viewers over time">
        {children}
      </section>
      <section className="deeds" aria-label="What viewers do">
        <ul>
          {tiles.map(({ name, perMinute, detail }) => (
            <li key={name}>
              <h3>{name}</h3>
              <p>
                <span className="rate">{figure(perMinute)}</span> per minute
              </p>
              <p className="faint">{detail}</p>
            </li>
          ))}
        </ul>
        <p className="faint">{rates}</p>
      </section>
      <dl className="people">
        <Fact name="Viewers in all" value={figure(metrics?.totalViewers)} />
        <Fact name="Of them logged in" value={figure(metrics?.totalLoginViewers)} />
        <Fact name="Watched on average" value={duration(metrics?.averageViewingTime)} />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
