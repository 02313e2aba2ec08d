import { useCallback, useEffect, useState } from 'react';
import { formatChoices, parseChoices, type Choices } from './choices';

/** Changes some choices: a step of the history, unless it replaces the one we are at. */
export type Choose = (changed: Partial<Choices>, how?: 'push' | 'replace') => void;

export function useChoices(): [Choices, Choose] {
  const [choices, setChoices] = useState(() => parseChoices(location.search));

  useEffect(() => {
    const restore = () => setChoices(parseChoices(location.search));
    addEventListener('popstate', restore);
    return () => removeEventListener('popstate', restore);
  }, []);

  const choose = useCallback<Choose>((changed, how = 'push') => {
    const next = { ...parseChoices(location.search), ...changed };
    const query = formatChoices(next);
    const url = query ? `?${query}` : location.pathname;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(history.state, '', url);
    setChoices(next);
  }, []);

  return [choices, choose];
}
