const prefix = 'graphiql:';
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));

/** localStorage for tabs and history, without request headers: GraphiQL's history would keep a credential typed there. */
export const storage = {
  getItem: (key: string) => localStorage.getItem(key),
  setItem(key: string, value: string) {
    const isHistory = key === `${prefix}queries` || key === `${prefix}favorites`;
    localStorage.setItem(key, isHistory ? withoutHeaders(value) : value);
  },
  removeItem: (key: string) => localStorage.removeItem(key),
  clear: () => keys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return keys().length;
  },
};

function withoutHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (name, value) => (name === 'headers' ? undefined : value));
}
