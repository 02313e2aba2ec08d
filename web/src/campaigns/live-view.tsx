import { useMemo, useState } from 'react';
import { figure } from '../chart/numbers';
import { deeds, type Campaign, type Metrics } from './answers';
import { Curve } from './curve';
import { curve, latest, perMinute, untilKnown, type Point, type Recording } from './recording';
import { Spoken } from './spoken';
import { Stage } from './stage';
import { clock } from './times';
import { useChartHeight } from './use-chart-height';

const spans = [
  { name: '5 min', length: 5 * 60_000 },
  { name: '30 min', length: 30 * 60_000 },
  { name: 'Whole show', length: Infinity },
];

interface Props {
  campaign: Campaign;
  recording: Recording;
  /** The instant shown: now, or when the connection broke. */
  now: number;
  stale: boolean;
}

/** A show that goes on. */
export function LiveView({ campaign, recording, now, stale }: Props) {
  const [span, setSpan] = useState(spans[1]!);
  const height = useChartHeight();
  const value = latest(recording);
  const points = useMemo(() => curve(campaign.audience, recording, now), [campaign, recording, now]);
  const peak = usePeak(value?.metrics);
  const from = Math.max(now - span.length, Math.min(points[0]?.at ?? now, now - 60_000));
  const caption = stale ? `Viewers at ${clock(now)}` : 'Viewers now';
  const says = value ? `${figure(value.viewers)} viewers. ${peakText(peak)}` : '';
  return (
    <Stage
      caption={caption}
      viewers={value?.viewers ?? null}
      peak={peakText(peak)}
      metrics={value?.metrics ?? null}
      stale={stale}
      rates="Counted over the last 60 seconds."
      tiles={deeds.map(({ deed, people, name }) => {
        const rate = perMinute(recording, deed, now);
        const total = value ? inAll(value.metrics[deed], value.metrics[people]) : '–';
        return { name, perMinute: rate, detail: rate === null ? `${total} · rate in ${untilKnown(recording, now)} s` : total };
      })}
    >
      <div className="spans" role="group" aria-label="How far back">
        {spans.map((choice) => (
          <button key={choice.name} type="button" aria-pressed={choice === span} onClick={() => setSpan(choice)}>
            {choice.name}
          </button>
        ))}
      </div>
      <Curve points={points} from={from} to={now} peak={peak} height={height} label={`Viewers over time. ${peakText(peak)}`} />
      <Spoken text={says} />
    </Stage>
  );
}

export function usePeak(metrics: Metrics | undefined): Point | null {
  const { peakAt, peakConcurrentViewers: viewers } = metrics ?? { peakAt: null, peakConcurrentViewers: 0 };
  return useMemo(() => (peakAt ? { at: Date.parse(peakAt), viewers } : null), [peakAt, viewers]);
}

export const peakText = (peak: Point | null) =>
  peak ? `Peak ${figure(peak.viewers)} at ${clock(peak.at)}` : 'Nobody has watched yet';

export const inAll = (count: number | undefined, people: number | undefined) =>
  `${figure(count)} in all by ${figure(people)} ${people === 1 ? 'person' : 'people'}`;
