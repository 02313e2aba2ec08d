import { useEffect, useState } from 'react';

/** What lies above and below the curve on a large screen. */
const rest = 490;

const fitting = () => Math.min(Math.max(window.innerHeight - rest, 240), 1200);

/** A height for the curve that fills the screen with all of the wall. */
export function useChartHeight(): number {
  const [height, setHeight] = useState(fitting);
  useEffect(() => {
    const fit = () => setHeight(fitting());
    window.addEventListener('resize', fit);
    return () => window.removeEventListener('resize', fit);
  }, []);
  return height;
}
