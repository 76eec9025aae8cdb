import { LRUCache } from 'lru-cache';

/** For how long a revoked credential may still be taken by another process. */
export const LOOKUP_STALENESS_MS = 5_000;
const MAX_ENTRIES = 10_000;

interface Answer<T> {
  readonly found: T | undefined;
}

/** Answers of a lookup by hash, "nobody" included, kept for a few seconds; equal questions at once ask once. */
export class RecentLookups<T extends object> {
  private readonly cache: LRUCache<string, Answer<T>>;

  constructor(lookup: (hash: string) => Promise<T | undefined>, staleAfterMs = LOOKUP_STALENESS_MS) {
    this.cache = new LRUCache<string, Answer<T>>({
      max: MAX_ENTRIES,
      ttl: staleAfterMs,
      fetchMethod: async (hash): Promise<Answer<T>> => ({ found: await lookup(hash) }),
    });
  }

  async get(hash: string): Promise<T | undefined> {
    return (await this.cache.fetch(hash))?.found;
  }

  forget(hash: string): void {
    this.cache.delete(hash);
  }
}
