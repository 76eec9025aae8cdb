import { Inject, Injectable } from '@nestjs/common';
import { backoffDelayMs, type TenantContext } from '@coorchat/kernel';
import { Logger, Metrics } from '../telemetry/index.js';
import { isRetryable, translateDatabaseError } from './database.errors.js';
import { DatabasePools, type LeaseDoor } from './database-pools.js';
import { outsideTransaction, refuseNested } from './leased-connection.js';
import { OpenTransaction, type TransactionScope } from './open-transaction.js';
import type { SystemPurpose } from './system-purpose.js';
import type { SchedulerTx, SystemTx, TenantTx } from './tx.js';

const RETRY = { baseMs: 5, maxMs: 250, factor: 2, jitter: 0.5 };
const MAX_ATTEMPTS = 8;

interface Door {
  readonly role: LeaseDoor;
  readonly scope: TransactionScope;
}

/**
 * The only ways to the database. A body may run several times (serialization failures, deadlocks are retried), so it
 * has no effect outside the transaction; those go into `tx.afterCommit`. Also the injection token.
 */
@Injectable()
export class UnitOfWork {
  constructor(
    @Inject(DatabasePools) private readonly pools: DatabasePools,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** Reads and writes of one organization: row-level security hides every other. */
  tenant<T>(ctx: Pick<TenantContext, 'orgId'>, body: (tx: TenantTx) => Promise<T>): Promise<T> {
    const scope = { orgId: ctx.orgId, purpose: null, readOnly: false };
    return this.run({ role: 'app', scope }, (tx) => body(tx as TenantTx));
  }

  /** As `tenant`, for reading only; the database refuses writes. */
  tenantRead<T>(ctx: Pick<TenantContext, 'orgId'>, body: (tx: TenantTx) => Promise<T>): Promise<T> {
    const scope = { orgId: ctx.orgId, purpose: null, readOnly: true };
    return this.run({ role: 'app', scope }, (tx) => body(tx as TenantTx));
  }

  /** Across organizations, as far as the policies of the system role go (prisma/rls/access.yaml). Counted. */
  system<T>(purpose: SystemPurpose, body: (tx: SystemTx) => Promise<T>): Promise<T> {
    this.metrics.count(`db.system.${purpose}`);
    this.logger.debug('system transaction', { purpose });
    const scope = { orgId: null, purpose, readOnly: false };
    return this.run({ role: 'system', scope }, (tx) => body(tx as SystemTx));
  }

  /** The system door of a pass over a pool: a role that sees only the columns that placing needs. Counted. */
  scheduler<T>(body: (tx: SchedulerTx) => Promise<T>): Promise<T> {
    this.metrics.count('db.system.scheduler');
    const scope = { orgId: null, purpose: 'scheduler' as const, readOnly: false };
    return this.run({ role: 'scheduler', scope }, (tx) => body(tx as SchedulerTx));
  }

  /** Deletes what an organization has whose time has come; the role sees and reaches nothing else. Counted. */
  erase<T>(ctx: Pick<TenantContext, 'orgId'>, body: (tx: TenantTx) => Promise<T>): Promise<T> {
    this.metrics.count('db.system.eraser');
    const scope = { orgId: ctx.orgId, purpose: null, readOnly: false };
    return this.run({ role: 'eraser', scope }, (tx) => body(tx as TenantTx));
  }

  private async run<T>(door: Door, body: (tx: OpenTransaction) => Promise<T>): Promise<T> {
    refuseNested();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(door, body);
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw translateDatabaseError(error);
        this.metrics.count('db.retries');
        await new Promise((resolve) => setTimeout(resolve, backoffDelayMs(RETRY, attempt)));
      }
    }
  }

  private async once<T>(door: Door, body: (tx: OpenTransaction) => Promise<T>): Promise<T> {
    const transaction = new OpenTransaction(await this.pools.lease(door.role), door.scope);
    const result = await transaction.run(body);
    if (transaction.actions.length > 0) outsideTransaction(() => void this.runActions(transaction.actions));
    return result;
  }

  private async runActions(actions: readonly (() => void | Promise<void>)[]): Promise<void> {
    for (const action of actions) {
      try {
        await action();
      } catch (error) {
        this.logger.error('an action after a commit failed', { error });
      }
    }
  }
}
