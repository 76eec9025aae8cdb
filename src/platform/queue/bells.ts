import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { outsideTransaction } from '../db/index.js';
import { Logger, Metrics } from '../telemetry/index.js';
import { Broadcast } from './broadcast.js';
import { CoalescingRunner } from './coalescing-runner.js';
import { type BellName, BELLS } from './job-catalogue.js';
import { handlerTwice } from './queue.errors.js';
import { type AnyQueue, QueueBackend } from './queue-backend.js';

export const BELL_QUEUE = 'bells';

export type BellHandler = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * "Look again at X." Rings of one bell and key are coalesced: one that comes during a run makes one more run. A bell
 * that is lost costs time only; sweepers find what waits. Ring after the commit. Injection token.
 */
@Injectable()
export class Bells implements OnModuleDestroy {
  private readonly listeners = new Map<BellName, CoalescingRunner>();
  private readonly stopping = new AbortController();
  private queue: AnyQueue | undefined;

  constructor(
    @Inject(QueueBackend) private readonly backend: QueueBackend,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {
    broadcast.subscribe('bell.rung', ({ bell, key }) => {
      if (bell in BELLS) void this.listeners.get(bell as BellName)?.run(key);
    });
  }

  /** One handler per bell and process; register in `onModuleInit`. Errors are logged; the next ring tries again. */
  on(bell: BellName, handler: BellHandler): void {
    if (this.listeners.has(bell)) throw handlerTwice(`The bell ${bell}`);
    this.listeners.set(bell, new CoalescingRunner((key) => this.run(bell, key, handler)));
  }

  /** Never throws and never waits: in this process when it has the handler, else by way of the queue or a broadcast. */
  ring(bell: BellName, key: string): void {
    if (this.stopping.signal.aborted) return;
    if (BELLS[bell] === 'all') {
      this.broadcast.publish('bell.rung', { bell, key });
      return;
    }
    const listener = this.listeners.get(bell);
    if (listener) outsideTransaction(() => void listener.run(key));
    else void this.enqueue(bell, key);
  }

  /** A bell that another process rang. */
  async answer(data: unknown): Promise<void> {
    const { bell, key } = data as { bell: BellName; key: string };
    await this.listeners.get(bell)?.run(key);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.listeners.values()].map((listener) => listener.settle()));
    await this.queue?.close();
  }

  private async run(bell: BellName, key: string, handler: BellHandler): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.metrics.count(`queue.bell.${bell}`);
    try {
      await handler(key, this.stopping.signal);
    } catch (error) {
      this.logger.warn('answering a bell failed', { bell, key, error });
    }
  }

  private async enqueue(bell: BellName, key: string): Promise<void> {
    try {
      this.queue ??= this.backend.queue(BELL_QUEUE);
      const deduplication = { id: `${bell}/${key}`, keepLastIfActive: true };
      await this.queue.add('ring', { bell, key }, { deduplication, attempts: 1, removeOnFail: true });
    } catch (error) {
      this.logger.warn('a bell could not be rung; the sweepers will find what waits', { bell, key, error });
    }
  }
}
