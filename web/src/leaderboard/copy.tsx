import { useCopy } from '../shared/use-copy';

/** A line to copy. */
export function Copy({ text }: { text: string }) {
  const { says, copy } = useCopy(text);
  return (
    <div className="copy">
      <code>{text}</code>
      <button type="button" onClick={copy}>
        Copy
      </button>
      <output className="faint">{says}</output>
    </div>
  );
}
