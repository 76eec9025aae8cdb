import { AsyncLocalStorage } from 'node:async_hooks';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { BoundPool } from './bound-pool.js';
import { nestedTransaction, transactionClosed } from './database.errors.js';
import { PrismaClient } from './generated/client.js';
import { LRUCache } from 'lru-cache';
import { statementName } from './sql-statement.js';

const STATEMENTS_KEPT = 500;

const names = new LRUCache<string, string>({ max: STATEMENTS_KEPT });

export function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = statementName(text);
  names.set(text, name);
  return name;
}

/** Identity of one run of a transaction's body. */
export class TransactionToken {
  isOpen = true;
}

const current = new AsyncLocalStorage<TransactionToken>();

export function insideTransaction<T>(token: TransactionToken, body: () => Promise<T>): Promise<T> {
  // The extra await runs lazy Prisma promises in here, not in the caller's context.
  return current.run(token, async () => await body());
}

/** For work that a transaction's body merely sets going and that is no part of it. */
export function outsideTransaction<T>(action: () => T): T {
  return current.exit(action);
}

export function refuseNested(): void {
  if (current.getStore()?.isOpen) throw nestedTransaction();
}

/**
 * A pooled connection, its lease, and the Prisma client that is bound to it. One client per connection, because Prisma
 * joins lookups of the same tick into one query: a client that served two transactions would mix two organizations.
 */
export class LeasedConnection {
  private token: TransactionToken | undefined;
  private prisma: PrismaClient | undefined;

  constructor(
    readonly client: pg.PoolClient,
    readonly prepares: boolean,
  ) {}

  begin(token: TransactionToken): void {
    this.token = token;
  }

  /** A client kept from an earlier transaction must not run in the one that holds the connection now. */
  private readonly guard = (): pg.PoolClient => {
    const token = this.token;
    if (!token?.isOpen || current.getStore() !== token) throw transactionClosed();
    return this.client;
  };

  get db(): PrismaClient {
    if (!this.prisma) {
      const options = this.prepares ? { statementNameGenerator: (query: { sql: string }) => nameOf(query.sql) } : {};
      this.prisma = new PrismaClient({ adapter: new PrismaPg(new BoundPool(this.guard), options) });
    }
    return this.prisma;
  }

  async dispose(): Promise<void> {
    await this.prisma?.$disconnect();
  }
}
