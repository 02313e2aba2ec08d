const theirs = 'graphiql:';
const ours = 'footfall.playground:';
const renamed = (key: string) => (key.startsWith(theirs) ? ours + key.slice(theirs.length) : key);
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(ours));

/**
 * localStorage for tabs and history, under names of our own: the tabs of another GraphiQL on this origin would hide the
 * examples. Request headers are left out: GraphiQL's history would keep a credential typed there.
 */
export const storage = {
  getItem: (key: string) => localStorage.getItem(renamed(key)),
  setItem(key: string, value: string) {
    const isHistory = key === `${theirs}queries` || key === `${theirs}favorites`;
    localStorage.setItem(renamed(key), isHistory ? withoutHeaders(value) : value);
  },
  removeItem: (key: string) => localStorage.removeItem(renamed(key)),
  clear: () => keys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return keys().length;
  },
};

/** Whether tabs are remembered: the editor then opens them, and nothing else. */
export const hasTabs = () => storage.getItem(`${theirs}tabState`) !== null;

function withoutHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (name, value) => (name === 'headers' ? undefined : value));
}
