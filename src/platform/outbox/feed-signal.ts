import { Injectable } from '@nestjs/common';

/** Wakes the readers of this process after a commit; those of other processes poll. */
@Injectable()
export class FeedSignal {
  private readonly listeners = new Set<() => void>();

  ring(): void {
    for (const listener of this.listeners) listener();
  }

  /** @returns how to stop listening. */
  onRing(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
