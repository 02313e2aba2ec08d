import type { Choices } from './choices';
import { leadDirections, partnerTypes } from './names';
import type { Group } from './queries';
import type { Groups } from './use-groups';

/** Which partners are ranked, for paper: the fields that say so are left out there. */
export function Only({ choices, groups }: { choices: Choices; groups: Groups }) {
  const { partnerType, leadDirection, categoryUuids, tierUuids, stageUuids } = choices;
  const named = (all: Group[], uuids: string[]) => uuids.map((uuid) => all.find((group) => group.uuid === uuid)?.name ?? uuid).join(' or ');
  const filters = {
    'partner type': partnerType && partnerTypes[partnerType],
    'leads of referral partners': leadDirection && leadDirections[leadDirection],
    category: named(groups.categories, categoryUuids),
    tier: named(groups.tiers, tierUuids),
    stage: named(groups.stages, stageUuids),
  };
  const said = Object.entries(filters).filter(([, value]) => value);
  return said.length > 0 && <p className="only">Only {said.map(([name, value]) => `${name} ${value}`).join('; ')}.</p>;
}
