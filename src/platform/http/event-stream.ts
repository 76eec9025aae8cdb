import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface StreamedEvent {
  /** Comes back as `Last-Event-ID` when the client reconnects. */
  readonly id?: string | number;
  readonly event?: string;
  readonly data: unknown;
}

export interface EventStreamOptions {
  readonly heartbeatMs?: number;
  /** Tells clients how long to wait before they reconnect. */
  readonly retryMs?: number;
}

const DEFAULT_HEARTBEAT_MS = 15_000;

const open = new Set<EventStream>();

/** Ends every stream; clients reconnect to another process and resume by `Last-Event-ID`. */
export function endEventStreams(): void {
  for (const stream of open) stream.close();
}

function frame({ id, event, data }: StreamedEvent): string {
  const head = (id === undefined ? '' : `id: ${id}\n`) + (event === undefined ? '' : `event: ${event}\n`);
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

/** What the client saw last: the header, or `?lastEventId=` for clients that cannot set headers. */
export function lastEventIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id'];
  const query = (request.query as Readonly<Record<string, unknown>> | undefined)?.['lastEventId'];
  const found = header ?? query;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/**
 * Server-sent events on a hijacked reply. `signal` aborts when the client leaves or the server stops;
 * `send` waits while the client reads slower than we write.
 */
export class EventStream {
  private readonly abort = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly reply: FastifyReply,
    options: EventStreamOptions,
  ) {
    const raw = reply.raw;
    raw.once('close', () => this.stop());
    raw.on('error', () => this.stop());
    this.heartbeat = setInterval(() => void raw.write(': heartbeat\n\n'), options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS);
    this.heartbeat.unref();
    raw.write(options.retryMs === undefined ? ': open\n\n' : `retry: ${options.retryMs}\n\n`);
    open.add(this);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  async send(event: StreamedEvent): Promise<void> {
    await this.write(frame(event));
  }

  /** Sends text that is already framed, by the A2A SDK for example. */
  async write(text: string): Promise<void> {
    if (this.signal.aborted || this.reply.raw.write(text)) return;
    await once(this.reply.raw, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  close(): void {
    this.stop();
    this.reply.raw.end();
  }

  private stop(): void {
    clearInterval(this.heartbeat);
    open.delete(this);
    this.abort.abort();
  }
}

/** Takes the reply over from Fastify (headers that were set so far are kept) and starts the stream. */
export function openEventStream(reply: FastifyReply, options: EventStreamOptions = {}): EventStream {
  reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  reply.raw.writeHead(200, headers);
  return new EventStream(reply, options);
}
