import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';

export function Campaigns({ config }: { config: Config }) {
  const key = useKey(config);
  return (
    <>
      <Bar section="/campaigns" credential={key} />
      <main>
        <h1>Campaigns</h1>
      </main>
    </>
  );
}
