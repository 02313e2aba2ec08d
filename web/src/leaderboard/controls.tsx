import { useId, useState } from 'react';
import { pageRows, type Choices } from './choices';
import { Menu } from './menu';
import { comparisons, leadDirections, partnerTypes, type Comparison, type LeadDirection, type PartnerType } from './names';
import { PeriodPicker } from './period-picker';
import type { Range } from './queries';
import type { Choose } from './use-choices';
import type { Groups } from './use-groups';

interface Props {
  choices: Choices;
  choose: Choose;
  groups: Groups;
  range: Range | null;
}

const noMoreRows = { rows: pageRows };
const noFilter = { partnerType: null, leadDirection: null, categoryUuids: [], tierUuids: [], stageUuids: [] };

/** What the ranking is of. Each change is one step of the history and starts from the first rows. */
export function Controls({ choices, choose, groups, range }: Props) {
  const { partnerType, categoryUuids, tierUuids, stageUuids, leadDirection } = choices;
  const change: Choose = (changed) => choose({ ...noMoreRows, ...changed });
  const filters = [partnerType, leadDirection, ...categoryUuids, ...tierUuids, ...stageUuids].filter(Boolean).length;
  const [unfolded, setUnfolded] = useState(false);
  const filtersId = useId();
  return (
    <search>
      <div className="fields">
        <PeriodPicker choices={choices} choose={change} range={range} />
        <Select
          label="Compared with"
          value={choices.comparison}
          options={comparisons}
          onPick={(value) => change({ comparison: value as Comparison })}
        />
        <Select
          label="Time zone"
          value={choices.timeZone ?? ''}
          empty={groups.timeZone ? `Default (${groups.timeZone})` : 'Default'}
          options={timeZones(choices.timeZone)}
          onPick={(value) => change({ timeZone: value || null })}
        />
      </div>
      <button type="button" className="unfold" aria-expanded={unfolded} aria-controls={filtersId} onClick={() => setUnfolded(!unfolded)}>
        Filters{filters > 0 && ` (${filters})`}
      </button>
      <div className="fields filters" id={filtersId} data-unfolded={unfolded}>
        <Select
          label="Partner type"
          value={partnerType ?? ''}
          empty="All"
          options={partnerTypes}
          onPick={(value) => change({ partnerType: (value || null) as PartnerType | null, ...(value === 'REFERRAL' ? {} : { leadDirection: null }) })}
        />
        <Select
          label="Leads of referral partners"
          value={leadDirection ?? ''}
          empty="All"
          options={leadDirections}
          disabled={partnerType !== null && partnerType !== 'REFERRAL'}
          onPick={(value) => change({ leadDirection: (value || null) as LeadDirection | null })}
        />
        <Menu label="Category" groups={groups.categories} chosen={categoryUuids} onChoose={(uuids) => change({ categoryUuids: uuids })} />
        <Menu label="Tier" groups={groups.tiers} chosen={tierUuids} onChoose={(uuids) => change({ tierUuids: uuids })} />
        <Menu label="Stage" groups={groups.stages} chosen={stageUuids} onChoose={(uuids) => change({ stageUuids: uuids })} />
        <button type="button" disabled={filters === 0} onClick={() => change(noFilter)}>
          Clear filters
        </button>
      </div>
    </search>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: Record<string, string>;
  /** The name of the choice of none, where there is one. */
  empty?: string;
  disabled?: boolean;
  onPick: (value: string) => void;
}

function Select({ label, value, options, empty, disabled, onPick }: SelectProps) {
  return (
    <label>
      {label}
      <select value={value} disabled={disabled} onChange={({ target }) => onPick(target.value)}>
        {empty && <option value="">{empty}</option>}
        {Object.entries(options).map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

const known = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')];

/** Browsers differ in the names they list: one that came by a link is listed too. */
function timeZones(chosen: string | null): Record<string, string> {
  const names = chosen && !known.includes(chosen) ? [chosen, ...known] : known;
  return Object.fromEntries(names.map((name) => [name, name.replaceAll('_', ' ')]));
}
