import type { KeyboardEvent, PointerEvent } from 'react';

interface Props {
  /** The height of what is below, in percent; 0 when it is closed. */
  size: number;
  onSize: (percent: number) => void;
}

const least = 20;
const largest = 85;
const within = (percent: number) => Math.round(Math.min(largest, Math.max(least, percent)));

/** The bar between the answer and the panel: dragged, or moved by arrow keys. */
export function Splitter({ size, onSize }: Props) {
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { bottom, height } = event.currentTarget.parentElement!.getBoundingClientRect();
    onSize(within((100 * (bottom - event.clientY)) / height));
  };
  const step = (event: KeyboardEvent) => {
    const next = { ArrowUp: size + 5, ArrowDown: size - 5, Home: least, End: largest }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onSize(within(next));
  };
  return (
    <div
      className="splitter"
      role="separator"
      aria-label="Height of the panel"
      aria-orientation="horizontal"
      aria-valuemin={least}
      aria-valuemax={largest}
      aria-valuenow={Math.max(least, size)}
      tabIndex={0}
      hidden={size === 0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={step}
    />
  );
}
