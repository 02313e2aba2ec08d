import { Refused } from '../shared/client';

/** Says why there is no answer, and tries again. */
export function Problem({ problem, onRetry }: { problem: unknown; onRetry: () => void }) {
  return (
    <div className="notice alarm problem" role="alert">
      <p>{sentence(problem)}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

function sentence(problem: unknown): string {
  if (!(problem instanceof Refused)) return 'The gateway cannot be reached. What was loaded before is kept.';
  if (problem.status === 401) return 'This key is not accepted: it is mistyped, revoked or has expired. Correct it at the top of the page.';
  if (problem.status === 429) return 'Too much was asked with this key in the last minute. Wait a moment.';
  if (problem.status === 503 || problem.code === 'UNAVAILABLE') return 'The database is out of reach for the moment. What was loaded before is kept.';
  switch (problem.code) {
    case 'FORBIDDEN':
      return 'This key may not read the leaderboard: it needs the scope analytics:read.';
    case 'COST_LIMIT_EXCEEDED':
      return 'That is more than one query may ask for. Choose a shorter period or fewer rows.';
    default:
      return `The gateway answered: ${problem.message}`;
  }
}
