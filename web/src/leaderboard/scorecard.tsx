import { useEffect, useId, useRef } from 'react';
import type { Key } from '../shared/use-key';
import { restPath, type Choices } from './choices';
import { Copy } from './copy';
import { days, moment, sentenceCase } from './format';
import { Definitions, Numbers } from './numbers';
import { Origins } from './origins';
import { Problem } from './problem';
import { hasBegun, type ScorecardData } from './queries';
import { Series } from './series';
import { openerId } from './table';
import { useScorecard } from './use-scorecard';

interface Props {
  credential: Key;
  choices: Choices;
  uuid: string;
  onClose: () => void;
}

/** All about one partner, in a panel over the ranking. */
export function Scorecard({ credential, choices, uuid, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const { card, series, problem, retry } = useScorecard(credential, choices, uuid);
  useEffect(() => {
    dialog.current?.showModal();
    return () => document.getElementById(openerId(uuid))?.focus();
  }, [uuid]);
  const partner = card?.partner;
  return (
    <dialog
      ref={dialog}
      className="scorecard"
      aria-labelledby={title}
      aria-busy={card === null}
      onClose={onClose}
      onClick={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}
    >
      <div className="sheet">
        <header>
          <h2 id={title}>{partner?.name ?? (card ? 'No such partner' : 'Loading…')}</h2>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        {problem !== null && <Problem problem={problem} onRetry={retry} />}
        {card && !partner && <p>Nobody has this id, or no longer. The link may be mistyped.</p>}
        {partner && (
          <>
            <Traits partner={partner} />
            <Span engagement={partner.engagement} />
            <Numbers engagement={partner.engagement} />
            {hasBegun(partner.engagement.range, partner.engagement.asOf) && (
              <Series series={series} engagement={partner.engagement} name={partner.name} />
            )}
            <Origins partner={partner} />
            <h3>What the numbers mean</h3>
            <Definitions definitions={card.metricDefinitions} />
            <h3>The same by REST</h3>
            <Copy text={restPath(choices, uuid)} />
            {choices.timeZone && <p className="faint">Its days are those of the default time zone.</p>}
          </>
        )}
      </div>
    </dialog>
  );
}

type Partner = NonNullable<ScorecardData['partner']>;

function Traits({ partner }: { partner: Partner }) {
  const traits: [string, string | undefined][] = [
    ['Type', sentenceCase(partner.partnerType)],
    ['Leads', partner.leadDirection ? sentenceCase(partner.leadDirection) : undefined],
    ['Tier', partner.tier?.name],
    ['Stage', partner.stage?.name],
    ['Categories', partner.categories.map(({ name }) => name).join(', ')],
  ];
  return (
    <dl className="traits">
      {traits.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Span({ engagement: { range, asOf, change } }: { engagement: Partner['engagement'] }) {
  const span = `${days(range)}, ${range.timeZone}`;
  if (!hasBegun(range, asOf)) return <p className="faint">{span}; not begun.</p>;
  return (
    <p className="faint">
      {span}
      {range.partial && `; not over, counted at ${moment(asOf, range.timeZone)}`}. Compared with {days(change.previousRange)}.
    </p>
  );
}
