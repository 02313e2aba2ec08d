import { useEffect, useRef, useState } from 'react';

const every = 30_000;

/** Says to screen readers what changes all the time, but not all the time. */
export function Spoken({ text }: { text: string }) {
  const current = useRef(text);
  current.current = text;
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setInterval(() => setSaid(current.current), every);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="hidden" role="status">
      {said}
    </p>
  );
}
