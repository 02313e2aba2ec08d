import { createRoot } from 'react-dom/client';
import { loadConfig } from './config';
import { Playground } from './playground';

createRoot(document.getElementById('root')!).render(<Playground config={await loadConfig()} />);
