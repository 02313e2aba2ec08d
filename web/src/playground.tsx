import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import type { Config } from './config';
import { initialKey, rememberKey } from './credentials';
import { createFetcher } from './fetcher';
import { KeyForm, type KeyState } from './key-form';

const explorer = import('./explorer');
const Explorer = lazy(() => explorer);

export function Playground({ config }: { config: Config }) {
  const [key, setKey] = useState(() => initialKey(config.demoKey));
  const [refused, setRefused] = useState(false);
  const typed = useRef(key);

  const fetcher = useMemo(
    () => createFetcher(() => typed.current, (status) => setRefused(status === 401)),
    [key],
  );

  function type(next: string) {
    typed.current = next;
    rememberKey(next);
    setRefused(false);
  }

  function keyState(): KeyState {
    if (!key) return 'missing';
    if (refused) return 'refused';
    return key === config.demoKey ? 'demo' : 'set';
  }

  return (
    <>
      <header className="bar">
        <h1>
          Footfall <span>Playground</span>
        </h1>
        <KeyForm initial={key} state={keyState()} onType={type} onCommit={() => setKey(typed.current)} />
      </header>
      <main>
        <Suspense fallback={<p className="notice">Loading the editor…</p>}>
          <Explorer fetcher={fetcher} defaultQuery={config.defaultQuery} introspect={key !== ''} />
        </Suspense>
      </main>
    </>
  );
}
