import { useRef, useState } from 'react';
import type { Config } from './config';
import { initialKey, rememberKey } from './credentials';
import type { KeyState } from './key-form';

export interface Key {
  /** The key in use; '' while there is none. */
  value: string;
  /** The key as it is being typed, for requests made meanwhile. */
  current: () => string;
  state: KeyState;
  type: (key: string) => void;
  commit: () => void;
  /** Hears the HTTP status of each answer: a 401 says that the key is not accepted. */
  onStatus: (status: number) => void;
}

/** The page's credential: asked for once, kept in sessionStorage, the demo's filled in. */
export function useKey(config: Config): Key {
  const demoKey = config.demo?.readKey ?? '';
  const [value, setValue] = useState(() => initialKey(demoKey));
  const [refused, setRefused] = useState(false);
  const typed = useRef(value);
  return {
    value,
    current: () => typed.current,
    state: !value ? 'missing' : refused ? 'refused' : value === demoKey ? 'demo' : 'set',
    type(next) {
      typed.current = next;
      rememberKey(next);
      setRefused(false);
    },
    commit: () => setValue(typed.current),
    onStatus: (status) => setRefused(status === 401),
  };
}
