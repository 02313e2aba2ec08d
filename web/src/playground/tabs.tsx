import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface Tab {
  name: string;
  content: () => ReactNode;
}

interface Props {
  label: string;
  tabs: Tab[];
  active: number;
  onSelect: (index: number) => void;
  /** Stands at the end of the row of tabs. */
  end: ReactNode;
  hidden: boolean;
}

/** Tabs as the ARIA practices have them: one stop for the keyboard, arrows move between them. */
export function Tabs({ label, tabs, active, onSelect, end, hidden }: Props) {
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const go = (event: KeyboardEvent) => {
    const next = { ArrowRight: active + 1, ArrowLeft: active - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + tabs.length) % tabs.length;
    onSelect(index);
    row.current?.querySelectorAll<HTMLElement>('[role=tab]')[index]?.focus();
  };
  return (
    <>
      <div className="panel-head">
        <div ref={row} role="tablist" aria-label={label} onKeyDown={go}>
          {tabs.map(({ name }, index) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${index}`}
              aria-controls={`${id}-panel`}
              aria-selected={index === active}
              tabIndex={index === active ? 0 : -1}
              onClick={() => onSelect(index)}
            >
              {name}
            </button>
          ))}
        </div>
        {end}
      </div>
      <div className="panel-body" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`} tabIndex={0} hidden={hidden}>
        {!hidden && tabs[active]?.content()}
      </div>
    </>
  );
}
