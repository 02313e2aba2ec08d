import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import type { Fetcher } from './fetcher';
import { storage } from './storage';
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

interface Props {
  fetcher: Fetcher;
  defaultQuery: string;
  /** Whether to ask for the schema: without a key the answer could only be a refusal. */
  introspect: boolean;
}

/** The GraphiQL editor. A new fetcher makes it read the schema again. */
export default function Explorer({ fetcher, defaultQuery, introspect }: Props) {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultQuery={defaultQuery}
      schema={introspect ? undefined : null}
      storage={storage}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <></>
      </GraphiQL.Logo>
      <SystemTheme />
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
