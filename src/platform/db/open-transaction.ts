import pg from 'pg';
import { isStalePlan, transactionAborted, transactionClosed } from './database.errors.js';
import { insideTransaction, type LeasedConnection, nameOf, TransactionToken } from './leased-connection.js';
import { statementOf } from './sql-statement.js';
import type { SystemPurpose } from './system-purpose.js';
import type { SqlResult, SqlRow, Tx, TxDb } from './tx.js';

export interface TransactionScope {
  readonly orgId: string | null;
  readonly purpose: SystemPurpose | 'scheduler' | null;
  readonly readOnly: boolean;
}

/** One text, one round trip; `true` makes the setting local to the transaction. */
function opening(scope: TransactionScope): string {
  const begin = scope.readOnly ? 'BEGIN READ ONLY' : 'BEGIN';
  if (scope.orgId === null) return begin;
  return `${begin}; SELECT set_config('app.org_id', ${pg.escapeLiteral(scope.orgId)}, true)`;
}

export class OpenTransaction implements Tx {
  readonly orgId: string | null;
  readonly purpose: SystemPurpose | 'scheduler' | null;
  readonly actions: (() => void | Promise<void>)[] = [];
  private readonly token = new TransactionToken();

  constructor(
    private readonly lease: LeasedConnection,
    private readonly scope: TransactionScope,
  ) {
    this.orgId = scope.orgId;
    this.purpose = scope.purpose;
  }

  async sql<T extends object = SqlRow>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T[]> {
    const { text, name } = statementOf(strings);
    const config = this.lease.prepares ? { text, name, values } : { text, values };
    return (await this.client.query<T>(config)).rows;
  }

  async query<T extends object = SqlRow>(text: string, params: readonly unknown[] = []): Promise<SqlResult<T>> {
    const { rows, rowCount } = await this.client.query<T>(text, [...params]);
    return { rows, rowCount: rowCount ?? 0 };
  }

  async prepared<T extends object = SqlRow>(text: string, values: readonly unknown[]): Promise<SqlResult<T>> {
    if (!this.lease.prepares) return this.query<T>(text, values);
    const { rows, rowCount } = await this.client.query<T>({ text, name: nameOf(text), values: [...values] });
    return { rows, rowCount: rowCount ?? 0 };
  }

  get db(): TxDb {
    if (!this.token.isOpen) throw transactionClosed();
    return this.lease.db;
  }

  afterCommit(action: () => void | Promise<void>): void {
    if (!this.token.isOpen) throw transactionClosed();
    this.actions.push(action);
  }

  /** Opens, runs the body, commits or rolls back, and gives the connection back. */
  async run<T>(body: (tx: this) => Promise<T>): Promise<T> {
    this.lease.begin(this.token);
    // Statements are pipelined: the body's first one need not wait for BEGIN's answer.
    const opened = this.lease.client.query(opening(this.scope)).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    try {
      const result = await insideTransaction(this.token, () => body(this));
      const fault = await opened;
      if (fault) throw fault.error;
      this.token.isOpen = false;
      await this.commit();
      return result;
    } catch (error) {
      this.token.isOpen = false;
      await this.rollBack(error);
      throw error;
    }
  }

  private get client(): pg.PoolClient {
    if (!this.token.isOpen) throw transactionClosed();
    return this.lease.client;
  }

  private async commit(): Promise<void> {
    const answer = await this.lease.client.query('COMMIT');
    if (answer.command !== 'COMMIT') throw transactionAborted();
    this.lease.client.release();
  }

  private async rollBack(reason: unknown): Promise<void> {
    try {
      await this.lease.client.query('ROLLBACK');
      this.lease.client.release(isStalePlan(reason));
    } catch {
      this.lease.client.release(true);
    }
  }
}
