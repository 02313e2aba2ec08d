import { useId, useState } from 'react';
import { isDate, whyNot, type Choices, type Dates } from './choices';
import { periods, type Period } from './names';
import type { Range } from './queries';
import type { Choose } from './use-choices';

interface Props {
  choices: Choices;
  choose: Choose;
  /** What is shown now: where custom dates start from. */
  range: Range | null;
}

export function PeriodPicker({ choices, choose, range }: Props) {
  const [custom, setCustom] = useState(false);
  const open = custom || choices.dates !== null;
  const pick = (value: string) => {
    setCustom(value === 'custom');
    if (value !== 'custom') choose({ period: value as Period, dates: null });
  };
  return (
    <>
      <label>
        Period
        <select value={open ? 'custom' : choices.period} onChange={({ target }) => pick(target.value)}>
          {Object.entries(periods).map(([period, name]) => (
            <option key={period} value={period}>
              {name}
            </option>
          ))}
          <option value="custom">Custom dates…</option>
        </select>
      </label>
      {open && (
        <DatesForm
          key={JSON.stringify(choices.dates)}
          initial={choices.dates ?? datesOf(range)}
          given={choices.dates !== null}
          onApply={(dates) => {
            setCustom(false);
            choose({ dates });
          }}
        />
      )}
    </>
  );
}

/** The days of a range up to today, as the fields of the form want them. */
function datesOf(range: Range | null): Dates {
  if (!range) return { startDate: '', endDate: '' };
  const last = Math.min(Date.parse(range.end) - 1, Date.now());
  const endDate = new Intl.DateTimeFormat('sv', { timeZone: range.timeZone }).format(last);
  return { startDate: range.start.slice(0, 10), endDate };
}

interface FormProps {
  initial: Dates;
  /** Whether they came with the page's address, which may be wrong. */
  given: boolean;
  onApply: (dates: Dates) => void;
}

function DatesForm({ initial, given, onApply }: FormProps) {
  const [dates, setDates] = useState(initial);
  const [wrong, setWrong] = useState(given ? whyNot(initial) : '');
  const id = useId();
  const field = (name: keyof Dates, label: string) => (
    <label>
      {label}
      <input
        type="date"
        value={isDate(dates[name]) ? dates[name] : ''}
        aria-invalid={wrong !== ''}
        aria-describedby={`${id}-wrong`}
        onChange={({ target }) => {
          setDates({ ...dates, [name]: target.value });
          setWrong('');
        }}
      />
    </label>
  );
  return (
    <form
      className="dates"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const why = whyNot(dates);
        setWrong(why);
        if (!why) onApply(dates);
      }}
    >
      {field('startDate', 'First day')}
      {field('endDate', 'Last day')}
      <button type="submit">Apply</button>
      <p id={`${id}-wrong`} className="alarm" role="alert">
        {wrong}
      </p>
    </form>
  );
}
