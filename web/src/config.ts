const exampleQuery = `# The partners with the most sessions lately.
# Ctrl-Enter runs it, Ctrl-Space completes.
query PartnerLeaderboard {
  partnerLeaderboard(
    range: { period: LAST_90_DAYS }
    first: 10
  ) {
    edges {
      rank
      node {
        name
        partnerType
      }
      engagement {
        totalSessions
        totalPageViews
        uniqueUsers
      }
    }
  }
}
`;

export interface Config {
  defaultQuery: string;
  /** The key of the demo data; empty everywhere else. */
  demoKey: string;
}

/** What the server has to say about this Playground. Without an answer the Playground still works. */
export async function loadConfig(): Promise<Config> {
  let config: Partial<Config> = {};
  try {
    const response = await fetch('/playground/config.json');
    if (response.ok) config = await response.json();
  } catch {
    // offline, or a proxy in the way: the defaults will do
  }
  return { defaultQuery: config.defaultQuery || exampleQuery, demoKey: config.demoKey ?? '' };
}
