import { useEffect, useRef } from 'react';

/** Does something when the network is back; null while there is nothing to do then. */
export function useOnline(act: (() => void) | null) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const back = () => latest.current?.();
    addEventListener('online', back);
    return () => removeEventListener('online', back);
  }, []);
}
