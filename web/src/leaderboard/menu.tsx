import { useId, useRef } from 'react';
import type { Group } from './queries';

interface Props {
  label: string;
  groups: Group[];
  chosen: string[];
  onChoose: (uuids: string[]) => void;
}

/** Several of a list of groups, in a panel that opens below a button. */
export function Menu({ label, groups, chosen, onChoose }: Props) {
  const id = useId();
  const details = useRef<HTMLDetailsElement>(null);
  const named = new Map(groups.map(({ uuid, name }) => [uuid, name]));
  const unknown = chosen.filter((uuid) => !named.has(uuid)).map((uuid) => ({ uuid, name: `Unknown (${uuid.slice(0, 8)})` }));
  const all = [...groups, ...unknown];
  const close = () => details.current?.removeAttribute('open');
  const summary = chosen.length === 0 ? 'All' : all.filter(({ uuid }) => chosen.includes(uuid)).map(({ name }) => name).join(', ');
  return (
    <div className="field">
      <span className="label" id={`${id}-label`}>
        {label}
      </span>
      <details
        ref={details}
        className="menu"
        name="menu"
        onBlur={({ currentTarget, relatedTarget }) => relatedTarget && !currentTarget.contains(relatedTarget) && close()}
        onKeyDown={({ key, currentTarget }) => {
          if (key !== 'Escape') return;
          close();
          currentTarget.querySelector('summary')?.focus();
        }}
      >
        <summary id={`${id}-summary`} aria-labelledby={`${id}-label ${id}-summary`} data-chosen={chosen.length > 0}>
          {summary}
        </summary>
        <fieldset tabIndex={-1}>
          <legend className="hidden">{label}</legend>
          {all.length === 0 && <p className="faint">None</p>}
          {all.map(({ uuid, name }) => (
            <label key={uuid}>
              <input
                type="checkbox"
                checked={chosen.includes(uuid)}
                onChange={({ target }) => onChoose(target.checked ? [...chosen, uuid] : chosen.filter((other) => other !== uuid))}
              />
              {name}
            </label>
          ))}
        </fieldset>
      </details>
    </div>
  );
}
