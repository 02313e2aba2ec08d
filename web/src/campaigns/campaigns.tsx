import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';
import { List } from './list';
import { Wall } from './wall';
import './campaigns.css';

/** What is no encoded text stands for itself: no campaign has it as its key. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function Campaigns({ config }: { config: Config }) {
  const key = useKey(config);
  const campaignKey = decoded(location.pathname.replace(/^\/campaigns\/?/, ''));
  return (
    <>
      <Bar section="/campaigns" credential={key} />
      {campaignKey ? (
        <Wall credential={key} campaignKey={campaignKey} demo={config.demo} />
      ) : (
        <List credential={key} demo={config.demo} />
      )}
    </>
  );
}
