import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { throttleKey, type TryLimit } from './throttle.rules.js';
import { ThrottleStore } from './throttle.store.js';

/** Tries per account and address, counted before they are made and by all replicas together. */
@Injectable()
export class SignInThrottle {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ThrottleStore,
    private readonly config: AppConfig,
  ) {}

  /** @returns for how long to wait, milliseconds; 0 when the try may be made. */
  take(limits: readonly TryLimit[]): Promise<number> {
    const hidden = limits.map((limit) => ({ ...limit, key: this.hidden(limit.key) }));
    return this.uow.system('identity.throttle', (tx) => this.store.take(tx, hidden));
  }

  /** After a success, earlier slips do not count; tries of the address go on counting. */
  async forgive(limits: readonly TryLimit[]): Promise<void> {
    const keys = limits.filter(({ key }) => !key.startsWith('address:')).map(({ key }) => this.hidden(key));
    await this.uow.system('identity.throttle', (tx) => this.store.forget(tx, keys));
  }

  private hidden(key: string): string {
    return throttleKey(this.config.secretKey, key);
  }
}
