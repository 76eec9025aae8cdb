import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UnitOfWork } from '../db/index.js';
import { Broadcast } from '../queue/index.js';
import { Logger } from '../telemetry/index.js';
import type { HeardRevocation, RevocationListener } from './revocation.js';
import { type RevocationRow, RevocationStore } from './revocation.store.js';

const POLL_MS = 1_000;
/** Longer than any transaction of ours may take to commit. */
const WINDOW_MS = 120_000;
/** At the start: longer than any access token lives. */
const FIRST_WINDOW_MS = 60 * 60 * 1_000;
/** Longer than any access token lives. */
const KEEP_MS = 24 * 60 * 60 * 1_000;
const TRIM_EVERY_POLLS = 3_600;

/**
 * Tells this process what was revoked anywhere: at once by broadcast, and at the latest by looking each second.
 * Whoever caches a credential or keeps a socket open listens here. Also the injection token.
 */
@Injectable()
export class RevocationWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly listeners = new Set<RevocationListener>();
  private heard = new Set<number>();
  private lookedAt = performance.now();
  private polls = 0;
  private hasLooked = false;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private again = false;
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(RevocationStore) private readonly store: RevocationStore,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Each revocation is heard once, after its commit. @returns how to stop listening. */
  onRevoked(listener: RevocationListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** For how long this process may have missed something, milliseconds: whoever trusts a cache looks at it. */
  get blindForMs(): number {
    return performance.now() - this.lookedAt;
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.broadcast.subscribe('revocation.published', () => void this.look());
    this.timer = setInterval(() => void this.look(), POLL_MS);
    this.timer.unref();
    void this.look();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.stopListening?.();
    await this.looking;
  }

  /** Reads what is new and tells the listeners. A call during another makes it look once more. */
  look(): Promise<void> {
    this.again = this.looking !== undefined;
    this.looking ??= this.lookUntilDone().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookUntilDone(): Promise<void> {
    do {
      this.again = false;
      await this.lookOnce();
    } while (this.again);
  }

  private async lookOnce(): Promise<void> {
    const began = performance.now();
    try {
      const rows = await this.uow.system('platform.revocations', (tx) => this.read(tx));
      this.lookedAt = began;
      this.hasLooked = true;
      this.tell(rows);
    } catch (error) {
      this.logger.warn('revocations could not be read', { error });
    }
  }

  private async read(tx: Parameters<RevocationStore['recent']>[0]): Promise<RevocationRow[]> {
    if (++this.polls % TRIM_EVERY_POLLS === 0) await this.store.trim(tx, KEEP_MS);
    return this.store.recent(tx, this.hasLooked ? WINDOW_MS : FIRST_WINDOW_MS);
  }

  private tell(rows: readonly RevocationRow[]): void {
    const fresh = rows.filter(({ seq }) => !this.heard.has(seq));
    this.heard = new Set(rows.map(({ seq }) => seq));
    if (fresh.length === 0) return;
    const revocations: HeardRevocation[] = fresh.map(({ kind, id, at }) => ({ kind, id, at }));
    for (const listener of this.listeners) this.call(listener, revocations);
  }

  private call(listener: RevocationListener, revocations: readonly HeardRevocation[]): void {
    try {
      listener(revocations);
    } catch (error) {
      this.logger.error('a listener of revocations failed', { error });
    }
  }
}
