import { useEffect, useState } from 'react';
import type { Demo } from '../shared/config';
import { begin, end, play, playing } from './rehearsal';

interface Props {
  demo: Demo;
  /** Of the wall that this is on; none on the list. */
  campaignKey?: string;
  onEnd?: () => void;
}

/** Since the sample data end at midnight, a show can be made up that goes on now. */
export function SampleShow({ demo, campaignKey, onEnd }: Props) {
  const [rehearsal, setRehearsal] = useState(playing);
  const [failed, setFailed] = useState(false);
  const here = rehearsal?.campaignKey === campaignKey ? rehearsal : null;

  const attempt = (act: () => Promise<void>) => {
    setFailed(false);
    act().catch(() => setFailed(true));
  };
  const stop = () =>
    attempt(async () => {
      if (here) await end(demo, here);
      setRehearsal(null);
      onEnd?.();
    });
  const start = () =>
    attempt(async () => {
      const { campaignKey } = await begin(demo);
      location.assign(`/campaigns/${campaignKey}`);
    });

  useEffect(() => {
    if (here) return play(demo, here, stop);
  }, [here]);

  return (
    <>
      {failed && <span role="alert" className="alarm">That did not work: try again.</span>}
      <button type="button" className={here ? undefined : 'primary'} onClick={here ? stop : start}>
        {here ? 'Stop the sample show' : 'Play a sample show'}
      </button>
    </>
  );
}
