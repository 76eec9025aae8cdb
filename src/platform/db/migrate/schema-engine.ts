import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

type EngineModule = typeof import('@prisma/schema-engine-wasm') & { __wbg_set_wasm(exports: unknown): void };

/** What we use of the global that only browsers' type libraries declare. */
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let loaded: Promise<EngineModule> | undefined;

/** Prisma's engine as WebAssembly: it needs no download. Its own entry imports `.wasm`, which Node does not. */
async function loadEngine(): Promise<EngineModule> {
  // The engine tells the message of a panic to a global of this name.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => process.stderr.write(`${message}\n`) },
  });
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as EngineModule;
  const { resolve } = createRequire(import.meta.url);
  const path = resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const imports = { './schema_engine_bg.js': glue };
  const { instance } = await WebAssembly.instantiate(await readFile(path), imports);
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}

const OID_CHAR = 18;
const OID_TEXT = 25;

/** The catalog has columns of the one-byte type "char", which the adapter does not know. */
class CatalogPool extends pg.Pool {
  /** Which columns of these rows were "char". */
  readonly charColumns = new WeakMap<object, number[]>();

  constructor(connectionString: string) {
    super({ connectionString, max: 2 });
    const query = this.query.bind(this) as (config: unknown) => Promise<pg.QueryResult>;
    this.query = (async (config: unknown) => {
      const result = await query(config);
      this.hideChars(result);
      return result;
    }) as unknown as typeof this.query;
  }

  private hideChars(result: pg.QueryResult): void {
    const indexes = (result.fields ?? []).flatMap((field, index) => (field.dataTypeID === OID_CHAR ? [index] : []));
    for (const index of indexes) Object.assign(result.fields[index] ?? {}, { dataTypeID: OID_TEXT });
    if (indexes.length > 0) this.charColumns.set(result.rows, indexes);
  }
}

/** The adapter splits scripts at each semicolon, which breaks functions; the server reads whole scripts well. */
function withWholeScripts(adapter: SqlDriverAdapter, pool: CatalogPool): SqlDriverAdapter {
  adapter.executeScript = async (script) => {
    await pool.query(script);
  };
  return adapter;
}

function withCharColumns(adapter: SqlDriverAdapter, pool: CatalogPool): SqlDriverAdapter {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of pool.charColumns.get(result.rows) ?? []) {
      result.columnTypes[index] = ColumnTypeEnum.Character;
    }
    return result;
  };
  return adapter;
}

async function connect(pool: CatalogPool, afterwards: () => Promise<void> = async () => undefined) {
  const adapter = withCharColumns(withWholeScripts(await new PrismaPg(pool).connect(), pool), pool);
  adapter.dispose = async () => {
    await afterwards();
  };
  return adapter;
}

/** An empty database beside the one that is looked at, in which the migrations so far are played. */
async function connectToShadow(pool: CatalogPool, ownerUrl: string): Promise<SqlDriverAdapter> {
  const url = new URL(ownerUrl);
  const name = `coorchat_shadow_${randomBytes(6).toString('hex')}`;
  url.pathname = name;
  await pool.query(`CREATE DATABASE ${name}`);
  const shadow = new CatalogPool(url.href);
  return connect(shadow, async () => {
    await shadow.end();
    await pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });
}

function adapterFactory(pool: CatalogPool, ownerUrl: string): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(pool),
    connectToShadowDb: () => connectToShadow(pool, ownerUrl),
  };
}

/** Runs `work` with an engine on the owner's connection. */
export async function withSchemaEngine<T>(ownerUrl: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  loaded ??= loadEngine();
  const { SchemaEngine: Engine } = await loaded;
  const pool = new CatalogPool(ownerUrl);
  try {
    const datamodel = 'datasource db {\n  provider = "postgresql"\n}\n';
    const factory = bindMigrationAwareSqlAdapterFactory(adapterFactory(pool, ownerUrl));
    const engine = await Engine.new({ datamodels: [['main.prisma', datamodel]] }, () => undefined, factory);
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
  }
}
