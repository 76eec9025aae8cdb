import { type ReadableStream, TransformStream } from 'node:stream/web';

/** One event of a worker; its larger things are blobs. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** @throws when a body is larger than it may be */
export async function boundedText(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An event stream may be endless; none of its lines may. */
export function boundedEvents(
  body: ReadableStream<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): ReadableStream<Uint8Array> {
  let lineBytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const newline = chunk.lastIndexOf(NEWLINE);
        lineBytes = newline < 0 ? lineBytes + chunk.byteLength : chunk.byteLength - newline - 1;
        if (lineBytes > maxLineBytes) controller.error(new Error(`an event of more than ${maxLineBytes} bytes`));
        else controller.enqueue(chunk);
      },
    }),
  );
}
