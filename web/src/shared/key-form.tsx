import { useId, useState } from 'react';
import type { Key } from './use-key';

export type KeyState = 'missing' | 'set' | 'demo' | 'refused';

const says: Record<KeyState, string> = {
  missing: 'Needed to read anything',
  set: 'Kept until this tab closes',
  demo: 'The demo’s own key',
  refused: 'Not accepted',
};

export function KeyForm({ credential, tokens = false }: { credential: Key; tokens?: boolean }) {
  const [visible, setVisible] = useState(false);
  const id = useId();
  return (
    <form
      className="key"
      data-state={credential.state}
      onSubmit={(event) => {
        event.preventDefault();
        credential.commit();
      }}
    >
      <label htmlFor={id}>{tokens ? 'API key or activation token' : 'API key'}</label>
      <input
        id={id}
        type={visible ? 'text' : 'password'}
        defaultValue={credential.value}
        placeholder="Paste it here"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={`${id}-says`}
        aria-invalid={credential.state === 'refused'}
        onChange={(event) => credential.type(event.target.value.trim())}
        onBlur={credential.commit}
      />
      <button type="button" aria-pressed={visible} onClick={() => setVisible(!visible)}>
        {visible ? 'Hide' : 'Show'}
      </button>
      <output id={`${id}-says`}>{says[credential.state]}</output>
    </form>
  );
}
