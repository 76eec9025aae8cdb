import { connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocketFrames } from './websocket-frames.js';

/** `up` is from the client that dials the proxy to the target, `down` is back. */
export type Direction = 'up' | 'down';

/** Where to cut a connection: after as many bytes, or as many WebSocket frames, of one direction. */
export type CutPoint =
  | { readonly direction: Direction; readonly bytes: number }
  | { readonly direction: Direction; readonly frames: number };

export interface TcpProxyTarget {
  readonly port: number;
  readonly host?: string;
}

interface Pipe {
  readonly client: Socket;
  readonly target: Socket;
  readonly cut: CutPoint | undefined;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return address.port;
}

/** A TCP proxy that breaks lines on purpose. Bytes before a cut point arrive; nothing after it does. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: TcpProxyTarget;
  readonly #pipes = new Set<Pipe>();
  #cuts: CutPoint[] = [];
  #isBlackHole = false;
  #refuses = false;
  #delayMs = 0;
  /** Connections that clients have opened so far. */
  connections = 0;
  /** Connections that were cut, by cut point or by `cutNow`. */
  cuts = 0;

  private constructor(target: TcpProxyTarget) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#open(client));
  }

  static async start(target: TcpProxyTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get openConnections(): number {
    return this.#pipes.size;
  }

  /** The next connection is cut at this point; called several times, the ones after it. */
  cutNext(point: CutPoint): void {
    this.#cuts.push(point);
  }

  /** Cuts every open connection without a goodbye. */
  cutNow(): void {
    for (const pipe of this.#pipes) this.#cut(pipe);
  }

  /** Everything is swallowed and nothing is closed, until `heal`: what a dead network looks like. */
  blackHole(): void {
    this.#isBlackHole = true;
  }

  /** New connections are closed at once, until `heal`. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Every chunk arrives this much later, in order, until `heal`. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Ends the faults. What a black hole swallowed stays lost, so its connections are cut. */
  heal(): void {
    if (this.#isBlackHole) this.cutNow();
    this.#isBlackHole = false;
    this.#refuses = false;
    this.#delayMs = 0;
    this.#cuts = [];
  }

  async close(): Promise<void> {
    for (const { client, target } of this.#pipes) {
      client.destroy();
      target.destroy();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #open(client: Socket): void {
    this.connections++;
    client.on('error', () => client.destroy());
    if (this.#refuses) return void client.destroy();
    const target = connect({ host: this.#target.host ?? '127.0.0.1', port: this.#target.port, allowHalfOpen: true });
    const pipe: Pipe = { client, target, cut: this.#cuts.shift() };
    this.#pipes.add(pipe);
    target.on('error', () => target.destroy());
    client.setNoDelay(true);
    target.setNoDelay(true);
    this.#forward(pipe, 'up');
    this.#forward(pipe, 'down');
  }

  #forward(pipe: Pipe, direction: Direction): void {
    const [from, to] = direction === 'up' ? [pipe.client, pipe.target] : [pipe.target, pipe.client];
    const limit = passed(pipe.cut, direction);
    if (limit?.isOver(Buffer.alloc(0))) return this.#cut(pipe);
    from.on('data', (chunk) => {
      if (this.#isBlackHole) return;
      const kept = limit?.keep(chunk) ?? chunk;
      const isOver = limit?.isOver(chunk) ?? false;
      this.#deliver(to, kept, isOver ? () => this.#cut(pipe) : undefined);
    });
    from.once('end', () => this.#deliver(to, Buffer.alloc(0), () => to.end()));
    from.once('close', () => {
      this.#pipes.delete(pipe);
      if (!this.#isBlackHole) this.#deliver(to, Buffer.alloc(0), () => to.destroy());
    });
  }

  #deliver(to: Socket, bytes: Buffer, then?: () => void): void {
    const write = () => {
      if (to.destroyed) return then?.();
      if (bytes.length === 0) return then?.();
      to.write(bytes, () => then?.());
    };
    if (this.#delayMs > 0) setTimeout(write, this.#delayMs);
    else write();
  }

  #cut(pipe: Pipe): void {
    if (!this.#pipes.delete(pipe)) return;
    this.cuts++;
    pipe.client.destroy();
    pipe.target.destroy();
  }
}

/** Counts what passes in one direction and says where it has to stop. */
interface PassLimit {
  /** The part of the chunk that still passes. Call it once per chunk, before `isOver`. */
  keep(chunk: Buffer): Buffer;
  isOver(chunk: Buffer): boolean;
}

function passed(cut: CutPoint | undefined, direction: Direction): PassLimit | undefined {
  if (!cut || cut.direction !== direction) return undefined;
  return 'bytes' in cut ? byteLimit(cut.bytes) : frameLimit(cut.frames);
}

function byteLimit(bytes: number): PassLimit {
  let left = bytes;
  return {
    keep: (chunk) => {
      const kept = chunk.subarray(0, left);
      left -= kept.length;
      return kept;
    },
    isOver: () => left === 0,
  };
}

function frameLimit(frames: number): PassLimit {
  const counter = new WebSocketFrames(frames);
  return { keep: (chunk) => counter.take(chunk), isOver: () => counter.isOver };
}
