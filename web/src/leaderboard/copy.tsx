import { useState } from 'react';

/** A line to copy. */
export function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState('');
  return (
    <div className="copy">
      <code>{text}</code>
      <button
        type="button"
        onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(text), () => setCopied(''))}
      >
        Copy
      </button>
      <output className="faint">{copied === text && 'Copied'}</output>
    </div>
  );
}
