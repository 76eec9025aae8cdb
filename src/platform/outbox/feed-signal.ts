import { Injectable } from '@nestjs/common';

/** What was committed: types of events. */
export type RingListener = (types: ReadonlySet<string>) => void;

/** Wakes the readers of this process after a commit; those of other processes poll. */
@Injectable()
export class FeedSignal {
  private readonly listeners = new Set<RingListener>();

  ring(types: ReadonlySet<string>): void {
    for (const listener of this.listeners) listener(types);
  }

  /** @returns how to stop listening. */
  onRing(listener: RingListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
