import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateQueue } from '../../../src/platform/queue/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { ControlPlane, choiceOf } from '../../../src/processes/index.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'coorchat-processes-'));
  await migrateQueue(database.config);
});
afterAll(async () => {
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const start = (...names: Parameters<typeof choiceOf>[0]) =>
  ControlPlane.start({
    config: database.config.with({ dataDir, blob: { kind: 'files', directory: join(dataDir, 'blobs') } }),
    choice: choiceOf(names),
    logger: silentLogger(),
  });

async function routesOf(url: string): Promise<string[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
  return Object.keys(document.paths);
}

describe.each([
  { process: 'all', has: ['/v1/organization', '/v1/workers/enrol'], lacks: [] },
  { process: 'api', has: ['/v1/organization', '/v1/workers'], lacks: ['/v1/workers/enrol'] },
  { process: 'jobs', has: ['/health/ready'], lacks: ['/v1/organization', '/v1/workers/enrol'] },
  { process: 'tunnel', has: ['/v1/workers/enrol'], lacks: ['/v1/organization'] },
] as const)('the process $process', ({ process, has, lacks }) => {
  it('starts, is ready, serves its part and stops', async () => {
    const plane = await start(process);
    try {
      const ready = await fetch(`${plane.url}/health/ready`);
      expect(await ready.json()).toEqual({
        status: 'ready',
        checks: { database: 'ok', queue: 'ok', migrations: 'ok' },
      });
      const routes = await routesOf(plane.url ?? '');
      expect(routes).toEqual(expect.arrayContaining([...has]));
      expect(routes.filter((route) => lacks.some((lacking) => lacking === route))).toEqual([]);
    } finally {
      await plane.stop();
    }
    await expect(fetch(`${plane.url}/health/live`)).rejects.toThrow();
  });
});

it('migrates and ends', async () => {
  const plane = await start('migrate');
  expect(plane.url).toBeUndefined();
  await plane.stop();
});

it('says that a port is taken', async () => {
  const plane = await start('jobs');
  const port = Number(new URL(plane.url ?? '').port);
  const second = ControlPlane.start({
    config: database.config.with({ dataDir, port }),
    choice: choiceOf(['jobs']),
    logger: silentLogger(),
  });
  await expect(second).rejects.toMatchObject({ code: 'processes.port_taken' });
  await plane.stop();
});
