import { useEffect, useState } from 'react';

const fitting = () => Math.round(Math.min(Math.max(window.innerHeight * 0.42, 240), 620));

/** A height for the curve that leaves room for the rest on this screen. */
export function useChartHeight(): number {
  const [height, setHeight] = useState(fitting);
  useEffect(() => {
    const fit = () => setHeight(fitting());
    window.addEventListener('resize', fit);
    return () => window.removeEventListener('resize', fit);
  }, []);
  return height;
}
