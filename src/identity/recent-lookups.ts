import { LRUCache } from 'lru-cache';

/** For how long a revoked credential may still be taken by another process. */
export const LOOKUP_STALENESS_MS = 5_000;
const MAX_ENTRIES = 10_000;
const MAX_TRIES = 5;

interface Answer<T> {
  readonly found: T | undefined;
}

/** Answers of a lookup by hash, "nobody" included, kept for a few seconds; equal questions at once ask once. */
export class RecentLookups<T extends object> {
  private readonly cache: LRUCache<string, Answer<T>>;
  private forgotten = 0;

  constructor(lookup: (hash: string) => Promise<T | undefined>, staleAfterMs = LOOKUP_STALENESS_MS) {
    this.cache = new LRUCache<string, Answer<T>>({
      max: MAX_ENTRIES,
      ttl: staleAfterMs,
      fetchMethod: async (hash): Promise<Answer<T>> => ({ found: await lookup(hash) }),
    });
  }

  /** An answer that was under way when something was forgotten may be void: it is asked for again. */
  async get(hash: string): Promise<T | undefined> {
    for (let tries = 1; ; tries++) {
      const { forgotten } = this;
      const answer = await this.cache.fetch(hash).catch((error: unknown) => ({ error }));
      const isCurrent = forgotten === this.forgotten || tries === MAX_TRIES;
      if (!isCurrent) continue;
      if (answer && 'error' in answer) throw answer.error;
      return answer?.found;
    }
  }

  /** An answer that is there; undefined when nobody asked a moment ago. */
  peek(hash: string): Answer<T> | undefined {
    return this.cache.get(hash);
  }

  forget(hash: string): void {
    this.forgotten++;
    this.cache.delete(hash);
  }

  clear(): void {
    this.forgotten++;
    this.cache.clear();
  }
}
