import { useEffect, useState } from 'react';

/** Copies a text, and says what became of that until the text is another. */
export function useCopy(text: string): { says: string; copy: () => void } {
  const [says, setSays] = useState('');
  useEffect(() => setSays(''), [text]);
  const copy = () => {
    // Browsers have no clipboard for a page that came by plain HTTP from another machine.
    if (!navigator.clipboard) setSays('Select it and copy');
    else navigator.clipboard.writeText(text).then(() => setSays('Copied'), () => setSays('Not allowed: select it and copy'));
  };
  return { says, copy };
}
