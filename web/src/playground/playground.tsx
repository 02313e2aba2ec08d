import { lazy, Suspense, useMemo, useState } from 'react';
import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';
import { examplesFor } from './examples';
import { Exchanges } from './exchange';
import { createFetcher } from './fetcher';
import { sharedIn } from './share';
import { useDefinitions } from './use-definitions';
import './playground.css';

const explorer = import('./explorer');
const Explorer = lazy(() => explorer);
const Panel = lazy(async () => ({ default: (await import('./panel')).Panel }));

export function Playground({ config }: { config: Config }) {
  const key = useKey(config);
  const [exchanges] = useState(() => new Exchanges());
  const [shared] = useState(takeShared);
  const examples = useMemo(() => examplesFor(config.demo), [config]);
  const fetcher = useMemo(() => createFetcher(key.current, key.onStatus, exchanges), [key.value]);
  const definitions = useDefinitions(key.value);
  return (
    <>
      <Bar section="/playground" credential={key} />
      <main>
        <h1 className="hidden">Playground</h1>
        <Suspense fallback={<p className="faint">Loading the editor…</p>}>
          <Explorer fetcher={fetcher} examples={examples} shared={shared} introspect={key.value !== ''}>
            <Panel exchanges={exchanges} definitions={definitions} credential={key.current} demo={config.demo} />
          </Explorer>
        </Suspense>
      </main>
    </>
  );
}

/** What the link holds, which leaves the address with it: a reload shows the tabs as they are then. */
function takeShared() {
  const shared = sharedIn(location.hash);
  if (shared) history.replaceState(null, '', location.pathname);
  return shared;
}
