/** What is filled in when the gateway serves sample data; all of it is public. */
export interface Demo {
  readKey: string;
  /** May record events and change nouns too. */
  fullKey: string;
  accessKey: string;
  activationId: string;
  token: string;
  /** Of a campaign that is on air. */
  campaignKey: string;
}

export interface Config {
  demo: Demo | null;
}

/** What the server has to say about its pages. Without an answer they still work. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch('/config.json');
    if (response.ok) return await response.json();
  } catch {
    // offline, or a proxy in the way
  }
  return { demo: null };
}
