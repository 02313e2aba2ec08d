import { lazy, Suspense, useMemo } from 'react';
import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';
import { createFetcher } from './fetcher';
import './playground.css';

const explorer = import('./explorer');
const Explorer = lazy(() => explorer);

export function Playground({ config }: { config: Config }) {
  const key = useKey(config);
  const fetcher = useMemo(() => createFetcher(key.current, key.onStatus), [key.value]);
  return (
    <>
      <Bar section="/playground" credential={key} />
      <main>
        <h1 className="hidden">Playground</h1>
        <Suspense fallback={<p className="faint">Loading the editor…</p>}>
          <Explorer fetcher={fetcher} defaultQuery="" introspect={key.value !== ''} />
        </Suspense>
      </main>
    </>
  );
}
