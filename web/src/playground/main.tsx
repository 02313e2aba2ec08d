import { createRoot } from 'react-dom/client';
import { loadConfig } from '../shared/config';
import { Playground } from './playground';
import { sharedIn } from './share';

// It leaves the address with this: a reload shows the tabs as they are then.
const shared = sharedIn(location.hash);
if (shared) history.replaceState(null, '', location.pathname);

createRoot(document.getElementById('root')!).render(<Playground config={await loadConfig()} shared={shared} />);
