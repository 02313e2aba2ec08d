import { useEffect, useState, type ReactNode } from 'react';
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

function usePlaying(playing: boolean, show: Show, at: number, choose: (at: number) => void, end: () => void) {
  useEffect(() => {
    if (!playing) return;
    if (at >= show.to) return end();
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const steps = (show.to - show.from) / show.step;
    const pause = Math.max(playingTime / steps, calm ? 1000 : 100);
    const stride = Math.max(1, Math.round((pause * steps) / playingTime)) * show.step;
    const timer = setTimeout(() => choose(Math.min(at + stride, show.to)), pause);
    return () => clearTimeout(timer);
  });
}
