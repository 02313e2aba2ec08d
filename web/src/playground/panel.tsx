import { useGraphiQL } from '@graphiql/react';
import { useLayoutEffect, useState, useSyncExternalStore } from 'react';
import type { Definitions } from '../chart/numbers-of';
import type { Demo } from '../shared/config';
import { ChartPanel } from './chart-panel';
import { CostPanel } from './cost-panel';
import type { Exchanges } from './exchange';
import { SharePanel } from './share-panel';
import { Splitter } from './splitter';
import { storage } from './storage';
import { Tabs } from './tabs';
import './panel.css';

interface Props {
  exchanges: Exchanges;
  definitions: Definitions | null;
  credential: () => string;
  demo: Demo | null;
}

const sizeItem = 'graphiql:panelSize';

/** What stands below the answer: its chart, what it cost, and how to pass it on. */
export function Panel({ exchanges, definitions, credential, demo }: Props) {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id ?? '');
  const schema = useGraphiQL((state) => state.schema ?? null);
  useLayoutEffect(() => {
    exchanges.tab = tab;
  }, [exchanges, tab]);
  const exchange = useSyncExternalStore(exchanges.subscribe, () => exchanges.of(tab));
  const [active, setActive] = useState(0);
  const [size, setSize] = useState(() => Number(storage.getItem(sizeItem) ?? 64));
  const resize = (percent: number) => {
    setSize(percent);
    storage.setItem(sizeItem, String(percent));
  };
  const closed = size === 0;
  return (
    <>
      <Splitter size={size} onSize={resize} />
      <section className="panel" aria-label="Beside the answer" style={{ '--size': `${size}%` } as React.CSSProperties} data-closed={closed}>
        <Tabs
          label="Views of the answer"
          active={active}
          hidden={closed}
          onSelect={(index) => {
            setActive(index);
            if (closed) resize(64);
          }}
          tabs={[
            { name: 'Chart', content: () => <ChartPanel key={tab} exchange={exchange} schema={schema} definitions={definitions} /> },
            { name: 'Cost & freshness', content: () => <CostPanel key={tab} exchange={exchange} credential={credential} /> },
            { name: 'Share', content: () => <SharePanel key={tab} demo={demo} /> },
          ]}
          end={
            <button type="button" className="quiet" aria-expanded={!closed} onClick={() => resize(closed ? 64 : 0)}>
              {closed ? 'Open' : 'Close'}
            </button>
          }
        />
      </section>
    </>
  );
}
