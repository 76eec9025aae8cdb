import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppConfigFields } from '../../src/platform/config/index.js';
import { migrateQueue } from '../../src/platform/queue/index.js';
import { silentLogger } from '../../src/platform/telemetry/index.js';
import { choiceOf, ControlPlane } from '../../src/processes/index.js';
import { testDatabase, type TestDatabase } from './database.js';

/** A whole control plane in this process, on a database of its own; it can be stopped and started again. */
export class TestControlPlane {
  #plane: ControlPlane | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly dataDir: string,
    private readonly fields: Partial<AppConfigFields>,
  ) {}

  static async start(fields: Partial<AppConfigFields> = {}): Promise<TestControlPlane> {
    const database = await testDatabase();
    await migrateQueue(database.config);
    const dataDir = await mkdtemp(join(tmpdir(), 'coorchat-plane-'));
    const plane = new TestControlPlane(database, dataDir, fields);
    await plane.up();
    return plane;
  }

  async up(): Promise<void> {
    const { config } = this.database;
    this.#plane = await ControlPlane.start({
      config: config.with({
        dataDir: this.dataDir,
        blob: { kind: 'files', directory: join(this.dataDir, 'blobs') },
        ...this.fields,
      }),
      choice: choiceOf(['all']),
      logger: silentLogger(),
    });
  }

  async down(): Promise<void> {
    await this.#plane?.stop();
    this.#plane = undefined;
  }

  async close(): Promise<void> {
    await this.down();
    await this.database.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get url(): string {
    if (!this.#plane?.url) throw new Error('The control plane is down.');
    return this.#plane.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async key(): Promise<string> {
    return (await readFile(join(this.dataDir, 'admin.key'), 'utf8')).trim();
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await this.key()}`,
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
