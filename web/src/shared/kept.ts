type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { names: () => string[] };

/** What a browser keeps for the page; memory, which ends with the page, where it keeps nothing: asking alone throws there. */
function kept(name: 'sessionStorage' | 'localStorage'): Kept {
  try {
    const storage = window[name];
    if (!storage) throw new Error(`no ${name}`);
    return {
      getItem: (key) => storage.getItem(key),
      setItem: (key, value) => storage.setItem(key, value),
      removeItem: (key) => storage.removeItem(key),
      names: () => Object.keys(storage),
    };
  } catch {
    const memory = new Map<string, string>();
    return {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => void memory.set(key, value),
      removeItem: (key) => void memory.delete(key),
      names: () => [...memory.keys()],
    };
  }
}

export const ofTab = kept('sessionStorage');
export const ofBrowser = kept('localStorage');
