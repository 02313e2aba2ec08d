import { useEffect, useRef, useState, type ReactNode } from 'react';
import { margins } from './curve';
import type { Show } from './replay';

interface Props {
  show: Show;
  at: number;
  /** null until someone chose an instant. */
  chosen: number | null;
  choose: (at: number) => void;
  /** The instant in words. */
  says: string;
  children: ReactNode;
}

const playingTime = 60_000;

/** Moves through a show by hand, by keys, or by itself within a minute. */
export function Scrubber({ show, at, chosen, choose, says, children }: Props) {
  const [playing, setPlaying] = useState(false);
  usePlaying(playing, show, at, choose, () => setPlaying(false));
  const share = (at - show.from) / (show.to - show.from);
  const left = `calc(${margins.left}px + ${share} * (100% - ${margins.left + margins.right}px))`;
  return (
    <>
      <div className="plot">
        {children}
        <div className="cursor" style={{ left, top: margins.top, bottom: margins.bottom }} />
      </div>
      <div className="scrubber" style={{ paddingInline: `${margins.left}px ${margins.right}px` }}>
        <input
          type="range"
          aria-label="Instant of the show"
          aria-valuetext={says}
          min={show.from}
          max={show.to}
          step={show.step}
          value={at}
          onChange={(event) => {
            setPlaying(false);
            choose(event.target.valueAsNumber);
          }}
        />
      </div>
      <div className="play">
        <button
          type="button"
          className="primary"
          onClick={() => {
            if (!playing && (chosen === null || at >= show.to)) choose(show.from);
            setPlaying(!playing);
          }}
        >
          {playing ? 'Pause' : 'Play the show'}
        </button>
        <span className="faint">The whole show in a minute</span>
      </div>
    </>
  );
}

function usePlaying(playing: boolean, { from, to, step }: Show, at: number, choose: (at: number) => void, end: () => void) {
  const then = useRef({ choose, end }); // others each time the page is drawn, which starts no step anew
  useEffect(() => {
    then.current = { choose, end };
  });
  useEffect(() => {
    if (!playing) return;
    if (at >= to) return then.current.end();
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const steps = (to - from) / step;
    const pause = Math.max(playingTime / steps, calm ? 1000 : 100);
    const stride = Math.max(1, Math.round((pause * steps) / playingTime)) * step;
    const timer = setTimeout(() => then.current.choose(Math.min(at + stride, to)), pause);
    return () => clearTimeout(timer);
  }, [playing, at, from, to, step]);
}
