import { useId, useState } from 'react';

export type KeyState = 'missing' | 'set' | 'demo' | 'refused';

const says: Record<KeyState, string> = {
  missing: 'Needed to run queries',
  set: 'Kept until this tab closes',
  demo: 'The demo’s own key',
  refused: 'Not accepted',
};

interface Props {
  initial: string;
  state: KeyState;
  onType: (key: string) => void;
  onCommit: () => void;
}

export function KeyForm({ initial, state, onType, onCommit }: Props) {
  const [visible, setVisible] = useState(false);
  const id = useId();
  return (
    <form
      className="key"
      data-state={state}
      onSubmit={(event) => {
        event.preventDefault();
        onCommit();
      }}
    >
      <label htmlFor={id}>API key or activation token</label>
      <input
        id={id}
        type={visible ? 'text' : 'password'}
        defaultValue={initial}
        placeholder="Paste it here"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={`${id}-says`}
        aria-invalid={state === 'refused'}
        onChange={(event) => onType(event.target.value.trim())}
        onBlur={onCommit}
      />
      <button type="button" aria-pressed={visible} onClick={() => setVisible(!visible)}>
        {visible ? 'Hide' : 'Show'}
      </button>
      <output id={`${id}-says`}>{says[state]}</output>
    </form>
  );
}
