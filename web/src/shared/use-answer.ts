import { useCallback, useEffect, useRef, useState } from 'react';
import { isUnanswered } from './client';
import { useOnline } from './use-online';

interface Answer<T> {
  /** What was asked last that has an answer, and the answer. */
  held: { question: string; data: T } | null;
  busy: boolean;
  /** Why the question in hand has no answer. */
  problem: unknown;
  retry: () => void;
}

/**
 * The answer to a question; null asks nothing. While the next answer is on its way, and when it does not come, the one
 * before it is held. get is called with it once per question and once per retry, which the network's return is too.
 */
export function useAnswer<T>(question: string | null, get: (signal: AbortSignal, held: Answer<T>['held']) => Promise<T>): Answer<T> {
  const [held, setHeld] = useState<Answer<T>['held']>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const latest = useRef({ get, held });
  latest.current = { get, held };

  useEffect(() => {
    setProblem(null);
    if (question === null) return;
    const control = new AbortController();
    latest.current.get(control.signal, latest.current.held).then(
      (data) => !control.signal.aborted && setHeld({ question, data }),
      (error: unknown) => !control.signal.aborted && setProblem(error),
    );
    return () => control.abort();
  }, [question, attempt]);

  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  useOnline(isUnanswered(problem) ? retry : null);

  return {
    held,
    busy: question !== null && held?.question !== question && problem === null,
    problem,
    retry,
  };
}
