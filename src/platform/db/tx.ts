import type { Prisma } from './generated/client.js';
import type { SystemPurpose } from './system-purpose.js';

/** The generated client, bound to the transaction. */
export type TxDb = Prisma.TransactionClient;

export type SqlRow = Record<string, unknown>;

export interface SqlResult<T> {
  readonly rows: T[];
  /** Rows that the statement returned or changed. */
  readonly rowCount: number;
}

/**
 * One open transaction. Everything on it runs on the same connection, in the order in which it was called; calls need
 * not wait for each other. It is closed when the body ends: later calls throw `platform.transaction_closed`.
 */
export interface Tx {
  /** The organization that row-level security lets through; null on the system's doors. */
  readonly orgId: string | null;
  readonly purpose: SystemPurpose | 'scheduler' | null;
  /** Rows of a statement; each interpolated value becomes a parameter: tx.sql<{ id: string }>`SELECT id … = ${x}`. */
  sql<T extends object = SqlRow>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T[]>;
  /** For text that is put together, with $1, $2, …; never put values into the text. */
  query<T extends object = SqlRow>(text: string, params?: readonly unknown[]): Promise<SqlResult<T>>;
  /** As `query`, for one of a few texts: the connection keeps it parsed, as it does for `sql`. */
  prepared<T extends object = SqlRow>(text: string, params: readonly unknown[]): Promise<SqlResult<T>>;
  readonly db: TxDb;
  /** Runs after the commit only, never after a rollback; errors are logged. Ring bells here. */
  afterCommit(action: () => void | Promise<void>): void;
}

export interface TenantTx extends Tx {
  readonly orgId: string;
  readonly purpose: null;
}

export interface SystemTx extends Tx {
  readonly orgId: null;
  readonly purpose: SystemPurpose;
}

export interface SchedulerTx extends Tx {
  readonly orgId: null;
  readonly purpose: 'scheduler';
}
