import { createRoot } from 'react-dom/client';
import { loadConfig } from '../shared/config';
import { Campaigns } from './campaigns';

createRoot(document.getElementById('root')!).render(<Campaigns config={await loadConfig()} />);
