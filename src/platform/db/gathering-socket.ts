import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

/**
 * Sends what is written in one turn of the event loop as one piece: statements that go out together cost one system
 * call here and one wake-up of the server, where the driver would make one for each. Under TLS it gathers nothing.
 */
export class GatheringSocket extends Socket {
  private gathering = false;

  constructor() {
    super();
    // An override would not do: connect() puts Socket's own method back.
    this.once('connect', () => (this.write = this.writeGathered));
  }

  private writeGathered(chunk: Uint8Array | string, encoding?: BufferEncoding | Written, done?: Written): boolean {
    this.gather();
    return typeof encoding === 'function' ? super.write(chunk, encoding) : super.write(chunk, encoding, done);
  }

  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    this.cork();
    process.nextTick(() => {
      this.gathering = false;
      this.uncork();
    });
  }
}
