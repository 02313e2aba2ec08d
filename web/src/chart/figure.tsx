import { plot, type PlotOptions } from '@observablehq/plot';
import { useEffect, useRef, useState } from 'react';
import './figure.css';

interface Props {
  /** What the chart says, for those who do not see it. */
  label: string;
  /** The chart at a width in pixels. It must be the same function while its data are the same. */
  draw: (width: number) => PlotOptions;
  /** The chart's height in pixels: it takes this room before it is drawn. */
  height: number;
  /** Hears of the element drawn, for downloads. */
  onDrawn?: (chart: Element) => void;
}

/** A chart as wide as its place. Colours come from the style sheet's variables, so it follows dark and light. */
export function Figure({ label, draw, height, onDrawn }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  useEffect(() => {
    if (!place.current || width === 0) return;
    const chart = plot({ ...draw(width), width, height });
    chart.setAttribute('aria-hidden', 'true'); // Plot labels groups that have no role, anew with every move of the pointer
    place.current.replaceChildren(chart);
    onDrawn?.(chart);
  }, [draw, height, onDrawn, width]);
  return <div ref={place} className="chart" role="img" aria-label={label} style={{ minHeight: height }} />;
}

function useWidth(place: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!place.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place]);
  return width;
}
