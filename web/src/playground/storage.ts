import { ofBrowser } from '../shared/kept';

const theirs = 'graphiql:';
const ours = 'footfall.playground:';
const renamed = (key: string) => (key.startsWith(theirs) ? ours + key.slice(theirs.length) : key);
const keys = () => ofBrowser.names().filter((key) => key.startsWith(ours));

/**
 * localStorage for tabs and history, under names of our own: the tabs of another GraphiQL on this origin would hide the
 * examples. Request headers are left out: GraphiQL's history would keep a credential typed there.
 */
export const storage = {
  getItem: (key: string) => ofBrowser.getItem(renamed(key)),
  setItem(key: string, value: string) {
    const isHistory = key === `${theirs}queries` || key === `${theirs}favorites`;
    ofBrowser.setItem(renamed(key), isHistory ? withoutHeaders(value) : value);
  },
  removeItem: (key: string) => ofBrowser.removeItem(renamed(key)),
  clear: () => keys().forEach((key) => ofBrowser.removeItem(key)),
  get length() {
    return keys().length;
  },
};

/** Whether tabs are remembered: the editor then opens them, and nothing else. */
export const hasTabs = () => storage.getItem(`${theirs}tabState`) !== null;

function withoutHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (name, value) => (name === 'headers' ? undefined : value));
}
