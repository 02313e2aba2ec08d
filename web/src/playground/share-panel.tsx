import { useGraphiQL, useOperationsEditorState, useVariablesEditorState } from '@graphiql/react';
import { parse } from 'graphql';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Json } from '../chart/selection';
import type { Demo } from '../shared/config';
import { useCopy } from '../shared/use-copy';
import type { Request } from './exchange';
import { restPathOf } from './rest-path';
import { curlOf, linkTo, trustedDocument, type TrustedDocument } from './share';

/** The operation in the editor, to be passed on. The key is in none of it. */
export function SharePanel({ demo }: { demo: Demo | null }) {
  const request = useRequest();
  const { origin } = location;
  const document = useTrustedDocument(request, origin);
  if (typeof request === 'string') return <p className="faint">{request}</p>;
  const rest = restPathOf(request, demo?.accessKey);
  return (
    <div className="shares">
      <Share name="Link" text={linkTo(request, origin)}>
        Opens this operation in a tab. It is in the part after #, which no server sees; the key is not in it.
      </Share>
      <Share name="curl" text={curlOf(request, origin)}>
        Runs in a shell that has the key in <code>$KEY</code>.
      </Share>
      <Share name="Trusted document" text={document?.manifest ?? ''}>
        A manifest for <a href="/docs/graphql#documents">--documents</a>, for keys that run nothing else.
      </Share>
      {document?.url && (
        <Share name="Trusted document by GET" text={document.url}>
          The URL that runs it, once the gateway knows it.
        </Share>
      )}
      {'path' in rest ? (
        <Share name="REST" text={`${origin}${rest.path}`}>
          {rest.note} See <a href="/docs/rest">the REST paths</a>.
        </Share>
      ) : (
        <section>
          <h2>REST</h2>
          <p className="faint">{rest.none}</p>
        </section>
      )}
    </div>
  );
}

function Share({ name, text, children }: { name: string; text: string; children: ReactNode }) {
  const { says, copy } = useCopy(text);
  return (
    <section>
      <div className="share-head">
        <h2>{name}</h2>
        <output>{says}</output>
        <button type="button" className="quiet" aria-label={`Copy: ${name}`} onClick={copy}>
          Copy
        </button>
      </div>
      <p className="faint note">{children}</p>
      <pre tabIndex={0} role="group" aria-label={name}>
        {text}
      </pre>
    </section>
  );
}

/** The operation as it stands in the editor, or why it is none. */
function useRequest(): Request | string {
  const [query] = useOperationsEditorState();
  const [variables] = useVariablesEditorState();
  const operationName = useGraphiQL((state) => state.operationName);
  return useMemo(() => {
    if (!query.trim()) return 'Write a query first.';
    try {
      parse(query);
    } catch (error) {
      return `The query cannot be read: ${error instanceof Error ? error.message : 'it is not GraphQL'}`;
    }
    const given = variablesIn(variables);
    return given ? { query, variables: given, operationName: operationName || undefined } : 'The variables are not JSON.';
  }, [operationName, query, variables]);
}

/** Variables may have comments, as in the editor. */
function variablesIn(text: string): Json | null {
  const json = text.replace(/^\s*\/\/.*$/gm, '').trim();
  try {
    return json ? JSON.parse(json) : {};
  } catch {
    return null;
  }
}

function useTrustedDocument(request: Request | string, origin: string): TrustedDocument | null {
  const [document, setDocument] = useState<TrustedDocument | null>(null);
  useEffect(() => {
    let current = typeof request !== 'string';
    if (typeof request !== 'string') void trustedDocument(request, origin).then((made) => current && setDocument(made));
    return () => {
      current = false;
    };
  }, [request, origin]);
  return document;
}
