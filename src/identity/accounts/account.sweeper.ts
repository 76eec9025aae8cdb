import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { JobHandlers } from '../../platform/queue/index.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { SessionStore } from './session.store.js';
import { ThrottleStore } from './throttle.store.js';

const EVERY_MS = 10 * 60_000;

/** Drops what can no longer be used. */
@Injectable()
export class AccountSweeper implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly uow: UnitOfWork,
    private readonly tokens: OneTimeTokenStore,
    private readonly sessions: SessionStore,
    private readonly throttle: ThrottleStore,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({ name: 'identity.dead_sessions', everyMs: EVERY_MS, sweep: () => this.sweep() });
  }

  async sweep(): Promise<void> {
    await this.uow.system('identity.account', async (tx) => {
      await this.tokens.dropExpired(tx);
      await this.sessions.dropDead(tx);
    });
    await this.uow.system('identity.throttle', (tx) => this.throttle.dropExpired(tx));
  }
}
