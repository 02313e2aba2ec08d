import { useMemo, useState } from 'react';
import { ask } from '../shared/client';
import { useAnswer } from '../shared/use-answer';
import { figure } from '../chart/numbers';
import { deeds, type Campaign, type Metrics, type QuartersAnswer } from './answers';
import { Curve } from './curve';
import { inAll, peakText, usePeak } from './live-view';
import quartersQuery from './quarters.graphql?raw';
import { countBy, countedUntil, rateAt, showOf, viewersAt, type Show } from './replay';
import { Scrubber } from './scrubber';
import { Stage } from './stage';
import { clock, shortClock } from './times';
import { useChartHeight } from './use-chart-height';

interface Props {
  apiKey: string;
  campaignKey: string;
  campaign: Campaign;
  metrics: Metrics | undefined;
}

/** A show that is over: its whole curve, and its numbers at any instant. */
export function ReplayView({ apiKey, campaignKey, campaign, metrics }: Props) {
  const quarters = useQuarters(apiKey, campaignKey, metrics);
  const show = useMemo(() => showOf(campaign.audience, quarters), [campaign.audience, quarters]);
  return show ? <Replay show={show} metrics={metrics} /> : <p className="notice">Nobody watched this show.</p>;
}

function Replay({ show, metrics }: { show: Show; metrics: Metrics | undefined }) {
  const height = useChartHeight();
  const peak = usePeak(metrics);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = chosen ?? Math.floor(((peak?.at ?? show.to) - show.from) / show.step) * show.step + show.from;
  const viewers = viewersAt(show, at);
  const counted = countedUntil(show, at);
  const step = `${clock(at)} to ${clock(at + show.step)}`;
  const [caption, says] =
    at < show.to
      ? [`Most viewers from ${step}`, `${step}, at most ${figure(viewers)} viewers`]
      : [`Viewers at ${clock(at)}`, `${clock(at)}, ${figure(viewers)} viewers`];
  return (
    <Stage
      caption={caption}
      viewers={viewers}
      peak={peakText(peak)}
      metrics={metrics ?? null}
      rates="Per minute, averaged over quarter-hours; counts are known as each quarter-hour ends."
      tiles={deeds.map(({ deed, people, name }) => ({
        name,
        perMinute: show.quarters.length > 0 ? rateAt(show, deed, at) : null,
        detail:
          (counted === null ? '' : `${figure(countBy(show, deed, at))} by ${shortClock(counted)}, `) +
          inAll(metrics?.[deed], metrics?.[people]),
      }))}
    >
      <Scrubber show={show} at={at} chosen={chosen} choose={setChosen} says={says}>
        <Curve
          points={show.points}
          from={show.from}
          to={show.to}
          peak={peak}
          height={height}
          label={`Viewers over the whole show, ${clock(show.from)} to ${clock(show.to)}. ${peakText(peak)}`}
        />
      </Scrubber>
    </Stage>
  );
}

type Quarters = NonNullable<QuartersAnswer['campaign']>['timeSeries']['points'];

const none: Quarters = [];

/** Asks again when the measures turn out to have changed, as by events that come late. Until they are there the rates are unknown. */
function useQuarters(apiKey: string, campaignKey: string, metrics: Metrics | undefined): Quarters {
  const version = metrics && deeds.map(({ deed }) => metrics[deed]).join();
  const { held } = useAnswer<Quarters>(JSON.stringify([apiKey, campaignKey, version]), async (signal) => {
    const { campaign } = await ask<QuartersAnswer>(apiKey, quartersQuery, { campaignKey }, { signal });
    return campaign?.timeSeries.points ?? none;
  });
  return held?.data ?? none;
}
