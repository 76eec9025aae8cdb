import type { Tx } from '../../platform/db/index.js';

/** For the event feed: audit, metering and metrics read it. */
export interface FeedEntry {
  readonly orgId: string;
  readonly type: string;
  /** Id of what it is about. */
  readonly subject: string;
  readonly data: Record<string, unknown>;
}

export interface WorkJob {
  readonly name: 'work.plan' | 'work.deliver';
  readonly orgId: string;
  readonly workRequestId: string;
}

/** What others hear of a change: the feed in the same transaction, bells and jobs after the commit. */
export interface LedgerNews {
  readonly feed: readonly FeedEntry[];
  /** Pools in which a task became ready or a slot became free. */
  readonly pools: ReadonlySet<string>;
  /** Pools to look at again after a while (milliseconds): retries. */
  readonly laterPools: ReadonlyMap<string, number>;
  /** Pools with something to send: assignments, cancels. */
  readonly dispatchPools: ReadonlySet<string>;
  readonly jobs: readonly WorkJob[];
  /** Requests with new events, for those who follow them live. */
  readonly followed: readonly { readonly orgId: string; readonly workRequestId: string }[];
}

export abstract class LedgerNewsPublisher {
  abstract publish(tx: Tx, news: LedgerNews): Promise<void>;
}
