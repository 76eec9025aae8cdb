import type { SystemTx } from '../db/index.js';
import type { FeedEvent } from './feed-event.js';

/** For a subscriber that hears everything. */
export const ALL_EVENTS = 'all';

/**
 * Reads the feed in order. `handle` writes through `tx` only: the cursor moves in the same transaction, so each event
 * counts once. It may be called again with the same events after a failure, in smaller batches.
 */
export abstract class FeedSubscriber {
  /** Names the cursor: never change it. */
  abstract readonly name: string;
  abstract readonly types: readonly string[] | typeof ALL_EVENTS;
  abstract handle(tx: SystemTx, batch: readonly FeedEvent[]): Promise<void>;
}
