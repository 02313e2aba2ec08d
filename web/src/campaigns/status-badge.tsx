import type { Status } from './answers';

const names: Record<Status, string> = { READY: 'To come', ONAIR: 'On air', ENDED: 'Over' };

export function StatusBadge({ status }: { status: Status }) {
  return (
    <span className="status" data-status={status}>
      {names[status]}
    </span>
  );
}
