// Which changes of the schema break clients, and which of them the CHANGELOG names.
import { CriticalityLevel, diff, DiffRule } from '@graphql-inspector/core';
import { buildSchema, DirectiveLocation } from 'graphql';

/** Changes that break a client of the old schema, as {coordinate, message}, by coordinate. */
export async function breakingChanges(oldSDL, newSDL) {
  const old = buildSchema(oldSDL);
  const rules = [DiffRule.simplifyChanges, DiffRule.ignoreDescriptionChanges];
  const changes = await diff(old, buildSchema(newSDL), rules);
  return changes
    .filter((change) => breaks(change) && !isServersAlone(old, change.path))
    .map(({ path, message }) => ({ coordinate: coordinateOf(path), message }))
    .sort((a, b) => a.coordinate.localeCompare(b.coordinate));
}

/** What a field requires of a key is part of the contract, though no directive is visible to clients. */
function breaks({ criticality, path }) {
  return criticality.level === CriticalityLevel.Breaking || (criticality.level === CriticalityLevel.Dangerous && /\.@requires\b/.test(path));
}

const clientLocations = new Set([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/** A directive that no client can write in a document. */
function isServersAlone(schema, path) {
  const directive = path.startsWith('@') && schema.getDirective(path.slice(1).split('.')[0]);
  return directive && !directive.locations.some((location) => clientLocations.has(location));
}

/** A path such as Query.partner.uuid as a schema coordinate: Query.partner(uuid:). */
function coordinateOf(path) {
  const [name, member, argument] = path.split('.').filter((part, i) => i === 0 || !part.startsWith('@'));
  if (name.startsWith('@')) return member ? `${name}(${member}:)` : name;
  if (argument) return path.includes('.@') ? `${name}.${member}` : `${name}.${member}(${argument}:)`;
  return member ? `${name}.${member}` : name;
}

/** Those changes that the CHANGELOG's Unreleased section does not name under Changed or Removed. */
export function unnamed(changes, changelog) {
  const [, unreleased = ''] = changelog.split(/^## \[Unreleased\].*$/m);
  const sections = unreleased.split(/^## /m)[0].split(/^### /m);
  const text = sections.filter((section) => /^(Changed|Removed)\b/.test(section)).join('\n');
  return changes.filter(({ coordinate }) => !text.includes(`\`${coordinate}\``));
}

/** What to write into the CHANGELOG; empty when everything is named. */
export function complaint(changes) {
  if (changes.length === 0) return '';
  const lines = changes.map(({ coordinate, message }) => `- \`${coordinate}\`: ${message}`);
  return `The schema breaks clients of the last release. Undo it, or name each of these in CHANGELOG.md, under "Changed" or "Removed" of "Unreleased":\n${lines.join('\n')}`;
}
