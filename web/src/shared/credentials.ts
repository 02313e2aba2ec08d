import { ofTab } from './kept';

const keyItem = 'footfall.key';
const demoItem = 'footfall.demoKey';

/**
 * The key to open with. It lives in sessionStorage alone: it ends with the tab and never reaches a URL.
 * A key someone typed wins over the demo's; the demo's key of an earlier run does not.
 */
export function initialKey(demoKey: string): string {
  const remembered = ofTab.getItem(keyItem);
  const outdated = remembered === ofTab.getItem(demoItem);
  ofTab.setItem(demoItem, demoKey);
  const key = remembered && !outdated ? remembered : demoKey;
  rememberKey(key);
  return key;
}

export function rememberKey(key: string) {
  if (key) ofTab.setItem(keyItem, key);
  else ofTab.removeItem(keyItem);
}
