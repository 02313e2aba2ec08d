import { KeyForm } from './key-form';
import type { Key } from './use-key';
import './bar.css';

/** The same as in web/page: the pages that the server writes show it too. */
const sections = [
  { path: '/leaderboard', name: 'Leaderboard' },
  { path: '/campaigns', name: 'Live' },
  { path: '/playground', name: 'Playground' },
  { path: '/docs', name: 'Docs' },
];

type Props = { section: string; credential: Key; tokens?: boolean };

/** The bar at the top of an application: where we are, and the key; where tokens open something too, it says so. */
export function Bar({ section, credential, tokens }: Props) {
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <a className="brand" href="/">
          Footfall
        </a>
        <nav aria-label="Pages">
          {sections.map(({ path, name }) => (
            <a key={path} href={path} aria-current={path === section ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <KeyForm credential={credential} tokens={tokens} />
      </header>
    </>
  );
}
