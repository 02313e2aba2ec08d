import { Bar } from '../shared/bar';
import type { Config } from '../shared/config';
import { useKey } from '../shared/use-key';

export function Leaderboard({ config }: { config: Config }) {
  const key = useKey(config);
  return (
    <>
      <Bar section="/leaderboard" credential={key} />
      <main>
        <h1>Leaderboard</h1>
      </main>
    </>
  );
}
