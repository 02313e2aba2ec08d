import type { ExecutionResult } from 'graphql';

/**
 * The results that server-sent events carry, as they come: GraphQL over SSE in its "distinct connections mode". To stop
 * reading is to leave, at once.
 */
export function results(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncIterableIterator<ExecutionResult> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const read = events(reader);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => read.next(),
    async return() {
      await reader.cancel(); // a generator's own return would wait for the next event
      return { done: true, value: undefined };
    },
  };
}

async function* events(reader: ReadableStreamDefaultReader<string>): AsyncGenerator<ExecutionResult, void> {
  let text = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += chunk.value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      if (lines.includes('event: complete')) return;
      const data = lines.find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice('data: '.length));
    }
  }
}
