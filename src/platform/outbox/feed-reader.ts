import { isAppError, messageOf } from '@coorchat/kernel';
import type { SystemTx, UnitOfWork } from '../db/index.js';
import type { Logger, Metrics } from '../telemetry/index.js';
import type { FeedPosition } from './feed-event.js';
import type { FeedRow, FeedStore } from './feed.store.js';
import { ALL_EVENTS, type FeedSubscriber } from './feed-subscriber.port.js';

const BATCH_SIZE = 200;
const MAX_TRIES = 5;

/** What is to be done after a pass. `again`: at once; `soon`: events wait behind a running transaction. */
export type PassOutcome = 'again' | 'soon' | 'idle' | 'busy' | 'failed';

export interface FeedReaderParts {
  readonly uow: UnitOfWork;
  readonly store: FeedStore;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Carries the size of the failed batch out of its transaction. */
class BatchFailure extends Error {
  constructor(
    readonly rows: readonly FeedRow[],
    override readonly cause: unknown,
  ) {
    super(messageOf(cause));
  }
}

/** Reads the feed for one subscriber; a failing batch is halved until the event that fails stands alone. */
export class FeedReader {
  private limit = BATCH_SIZE;
  private tries = 0;

  constructor(
    private readonly subscriber: FeedSubscriber,
    private readonly parts: FeedReaderParts,
  ) {}

  /** One transaction: reads a batch, lets the subscriber handle it, moves the cursor. */
  async pass(): Promise<PassOutcome> {
    const { uow } = this.parts;
    try {
      const outcome = await uow.system('outbox.deliver', (tx) => this.deliver(tx));
      this.limit = Math.min(BATCH_SIZE, this.limit * 2);
      this.tries = 0;
      return outcome;
    } catch (error) {
      return this.recover(error);
    }
  }

  private async deliver(tx: SystemTx): Promise<PassOutcome> {
    const { store } = this.parts;
    const after = await store.lockCursor(tx, this.subscriber.name);
    if (!after) return 'busy';
    const rows = await store.read(tx, { after, types: this.subscriber.types, limit: this.limit });
    const last = rows.at(-1);
    if (last) {
      await this.handle(tx, rows);
      await store.moveCursor(tx, this.subscriber.name, last);
    }
    if (rows.length === this.limit) return 'again';
    return (await store.isHeldBack(tx)) ? 'soon' : 'idle';
  }

  private async handle(tx: SystemTx, rows: readonly FeedRow[]): Promise<void> {
    const { types } = this.subscriber;
    const wanted = types === ALL_EVENTS ? rows : rows.filter((row) => types.includes(row.type));
    if (wanted.length === 0) return;
    try {
      await this.subscriber.handle(tx, wanted);
    } catch (error) {
      throw isTransient(error) ? error : new BatchFailure(rows, error);
    }
  }

  private async recover(error: unknown): Promise<PassOutcome> {
    const { logger, metrics } = this.parts;
    if (!(error instanceof BatchFailure)) {
      logger.warn('the event feed waits for the database', { subscriber: this.subscriber.name, error });
      return 'failed';
    }
    metrics.count('outbox.failed_batches');
    const [poison] = error.rows;
    if (error.rows.length > 1 || !poison) {
      this.limit = Math.max(1, Math.floor(error.rows.length / 2));
      return 'again';
    }
    this.limit = 1;
    this.tries++;
    if (this.tries < MAX_TRIES) return 'failed';
    await this.park(poison, error.cause);
    return 'again';
  }

  private async park(row: FeedRow, error: unknown): Promise<void> {
    const { uow, store, logger, metrics } = this.parts;
    const subscriber = this.subscriber.name;
    this.tries = 0;
    const parked = await uow.system('outbox.deliver', async (tx) => {
      const at = await store.lockCursor(tx, subscriber);
      if (!at || isPast(at, row)) return false;
      await store.park(tx, subscriber, row, messageOf(error));
      await store.moveCursor(tx, subscriber, row);
      return true;
    });
    if (!parked) return;
    metrics.count('outbox.parked');
    logger.error('an event was parked: its subscriber cannot handle it', {
      subscriber,
      eventId: row.id,
      type: row.type,
      error,
    });
  }
}

function isPast(cursor: FeedPosition, row: FeedPosition): boolean {
  const [a, b] = [BigInt(cursor.position), BigInt(row.position)];
  return a > b || (a === b && cursor.seq >= row.seq);
}

/** Faults of the moment, which say nothing about the event. */
function isTransient(error: unknown): boolean {
  if (isAppError(error)) return error.kind === 'unavailable' || error.kind === 'timeout';
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(40001|40P01|08|57P|57014|55P03|ECONN)/.test(code);
}
