import { useGraphiQL, useMonaco } from '@graphiql/react';
import { useEffect, useId, useState } from 'react';
import { createPortal } from 'react-dom';

// The switch is Monaco's own, by Ctrl+M; on a Mac it has Ctrl+Shift+M for it, which GraphiQL takes to merge fragments.
const mac = navigator.userAgent.includes('Mac');
const toggle = 'editor.action.toggleTabFocusMode';

/** Says below the query how the keyboard leaves an editor, where Tab indents, and tells each editor's screen reader. */
export function WayOut() {
  const monaco = useMonaco((state) => state.monaco);
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const [place, setPlace] = useState<Element | null>(null);
  const id = useId();
  useEffect(() => setPlace(document.querySelector('.graphiql-editor-tools')), []);
  useEffect(() => {
    const added = [query, variables, headers].map((editor) => {
      editor?.getDomNode()?.querySelector('[role=textbox]')?.setAttribute('aria-describedby', id);
      if (!mac || !monaco) return;
      const keybindings = [monaco.KeyMod.WinCtrl | monaco.KeyCode.KeyM];
      return editor?.addAction({ id: 'leave', label: 'Tab Leaves the Editor', keybindings, run: () => editor.trigger('', toggle, null) });
    });
    return () => added.forEach((action) => action?.dispose());
  }, [monaco, query, variables, headers, id]);
  return (
    place &&
    createPortal(
      <p id={id} className="way-out faint">
        <kbd>Ctrl+M</kbd>: Tab leaves the editor
      </p>,
      place,
    )
  );
}
