import pg from 'pg';

type Query = pg.PoolClient['query'];

let savepoints = 0;

/** Prisma's own transactions (nested writes) become savepoints of ours. */
function translate(text: string, savepoint: string): string {
  if (text === 'BEGIN') return `SAVEPOINT ${savepoint}`;
  if (text === 'COMMIT') return `RELEASE SAVEPOINT ${savepoint}`;
  if (text === 'ROLLBACK') return `ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`;
  return text;
}

function nestedConnection(connection: () => pg.PoolClient) {
  const savepoint = `nested_${++savepoints}`;
  return {
    query(config: pg.QueryConfig): unknown {
      const text = translate(config.text, savepoint);
      return text === config.text ? connection().query(config) : connection().query(text);
    },
    on() {},
    removeListener() {},
    release() {},
  };
}

/** Looks like a pool to Prisma's adapter, and is one connection: the one that holds the transaction. */
export class BoundPool extends pg.Pool {
  constructor(private readonly connection: () => pg.PoolClient) {
    super({ max: 1 });
    this.query = ((...args: Parameters<Query>) => this.connection().query(...args)) as typeof this.query;
    this.connect = (async () => nestedConnection(this.connection)) as unknown as typeof this.connect;
  }
}
