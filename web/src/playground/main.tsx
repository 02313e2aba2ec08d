import { createRoot } from 'react-dom/client';
import { loadConfig } from '../shared/config';
import { Playground } from './playground';

createRoot(document.getElementById('root')!).render(<Playground config={await loadConfig()} />);
