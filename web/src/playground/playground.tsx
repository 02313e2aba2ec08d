import { lazy, Suspense, useMemo, useState } from 'react';
import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';
import { examplesFor } from './examples';
import { Exchanges } from './exchange';
import { createFetcher } from './fetcher';
import type { Shared } from './share';
import { useDefinitions } from './use-definitions';
import './playground.css';

const explorer = import('./explorer');
const Explorer = lazy(() => explorer);
const Panel = lazy(async () => ({ default: (await import('./panel')).Panel }));

interface Props {
  config: Config;
  /** What the link brought along. */
  shared: Shared | null;
}

export function Playground({ config, shared }: Props) {
  const key = useKey(config);
  const [exchanges] = useState(() => new Exchanges());
  const examples = useMemo(() => examplesFor(config.demo), [config]);
  const fetcher = useMemo(() => createFetcher(key.current, key.onStatus, exchanges), [key.value]);
  const definitions = useDefinitions(key.value);
  return (
    <>
      <Bar section="/playground" credential={key} tokens />
      <main id="content" tabIndex={-1}>
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
