import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { drawingOf } from '../chart/draw';
import { pngOf, standalone, svgText } from '../chart/export';
import { Figure } from '../chart/figure';
import type { Chart } from '../chart/model';
import { csvOf, tableOf, viewsOf } from '../chart/views';
import { save } from '../shared/save';
import { DataTable } from './data-table';

interface Props {
  chart: Chart;
  /** Whether values still arrive. */
  live: boolean;
  /** Stands before the controls. */
  children: ReactNode;
}

/** A chart with what belongs to it: which measure, the keys, the data, the downloads. */
export function ChartView({ chart, live, children }: Props) {
  const views = useMemo(() => viewsOf(chart), [chart]);
  const [chosen, setChosen] = useState('');
  const view = views.find(({ id }) => id === chosen) ?? views[0]!;
  const place = useRef<HTMLDivElement>(null);
  const room = useRoom(place);
  const drawing = useMemo(() => drawingOf(chart, view, room), [chart, view, room]);
  const table = useMemo(() => tableOf(chart), [chart]);
  const svg = useRef<SVGSVGElement | null>(null);
  const onDrawn = useCallback((element: Element) => {
    svg.current = element instanceof SVGSVGElement ? element : element.querySelector('svg');
  }, []);
  const title = `${chart.title}: ${view.label}`;
  const name = chart.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-') || 'chart';
  const picture = () => svgText(standalone(svg.current!, title, drawing.keys));
  return (
    <div ref={place} className="chart-view">
      <div className="controls">
        {children}
        {views.length > 1 && (
          <label>
            <span>Measure</span>
            <select value={view.id} onChange={(event) => setChosen(event.target.value)}>
              {views.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        {live && <span className="on-air">Live</span>}
        <span className="downloads" role="group" aria-label="Download">
          <button type="button" className="quiet" onClick={() => save(`${name}.csv`, new Blob([csvOf(table)], { type: 'text/csv;charset=utf-8' }))}>
            CSV
          </button>
          <button type="button" className="quiet" onClick={async () => save(`${name}.png`, await pngOf(picture()))}>
            PNG
          </button>
          <button type="button" className="quiet" onClick={() => save(`${name}.svg`, new Blob([picture()], { type: 'image/svg+xml' }))}>
            SVG
          </button>
        </span>
      </div>
      <h2>{chart.title}</h2>
      {drawing.keys.length > 1 && (
        <ul className="keys">
          {drawing.keys.map((key) => (
            <li key={key.name}>
              <span className="swatch" data-dashed={key.dashed} style={{ color: key.colour }} />
              {key.name}
            </li>
          ))}
        </ul>
      )}
      <Figure label={`${title}. The data are in the table below.`} draw={drawing.plot} height={drawing.height} onDrawn={onDrawn} />
      {drawing.notes.map((note) => (
        <p key={note} className="faint note">
          {note}
        </p>
      ))}
      <DataTable table={table} />
    </div>
  );
}

/** The height that a chart can have without scrolling. */
function useRoom(place: React.RefObject<HTMLElement | null>): number {
  const [room, setRoom] = useState(260);
  useEffect(() => {
    const body = place.current?.parentElement;
    if (!body) return;
    const observer = new ResizeObserver(() => setRoom(Math.max(0, body.clientHeight - 150)));
    observer.observe(body);
    return () => observer.disconnect();
  }, [place]);
  return room;
}
