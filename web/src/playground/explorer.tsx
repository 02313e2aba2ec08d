import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useEffect, useState, type ReactNode } from 'react';
import type { Example } from './examples';
import { ExamplesMenu } from './examples-menu';
import type { Fetcher } from './fetcher';
import type { Shared } from './share';
import { hasTabs, storage } from './storage';
import { WayOut } from './way-out';
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

interface Props {
  fetcher: Fetcher;
  examples: Example[];
  /** What a link brought along. */
  shared: Shared | null;
  /** Whether to ask for the schema: without a key the answer could only be a refusal. */
  introspect: boolean;
  /** What stands below the answer. */
  children: ReactNode;
}

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

/** The GraphiQL editor. A new fetcher makes it read the schema again. */
export default function Explorer({ fetcher, examples, shared, introspect, children }: Props) {
  const [first] = useState(() => shared ?? (hasTabs() ? undefined : examples[0]));
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      defaultTabs={shared ? [shared, ...examples] : examples}
      initialQuery={first?.query}
      initialVariables={first?.variables}
      defaultEditorToolsVisibility="variables"
      schema={introspect ? undefined : null}
      storage={storage}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <ExamplesMenu examples={examples} />
      </GraphiQL.Logo>
      <GraphiQL.Footer>{children}</GraphiQL.Footer>
      <SystemTheme />
      <WayOut />
    </GraphiQL>
  );
}

/** Repaints the editors when the system turns dark or light; the rest of the page follows by CSS. */
function SystemTheme() {
  const { setTheme } = useGraphiQLActions();
  const theme = useGraphiQL((state) => state.theme);
  useEffect(() => {
    if (theme) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => setTheme(null);
    dark.addEventListener('change', repaint);
    return () => dark.removeEventListener('change', repaint);
  }, [theme, setTheme]);
  return null;
}
