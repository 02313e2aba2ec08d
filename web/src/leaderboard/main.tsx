import { createRoot } from 'react-dom/client';
import { loadConfig } from '../shared/config';
import { Leaderboard } from './leaderboard';

createRoot(document.getElementById('root')!).render(<Leaderboard config={await loadConfig()} />);
