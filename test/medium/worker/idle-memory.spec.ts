import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ControlPlaneStub } from './control-plane.stub.js';
import { WorkerUnderTest } from './worker-process.js';

const MAIN = path.join(import.meta.dirname, '../../../apps/worker/dist/main.js');
const HEARTBEATS = 100;
const LIMIT_MB = 100;

let plane: ControlPlaneStub;
let worker: WorkerUnderTest;

beforeEach(async () => {
  plane = await ControlPlaneStub.start();
  plane.heartbeatIntervalMs = 20;
  worker = await WorkerUnderTest.create(plane.url, { sandbox: { kind: 'auto', consent: true }, mcpServers: {} });
});
afterEach(async () => {
  await worker.dispose();
  await plane.close();
});

function memoryMb(pid: number | undefined): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

it('a worker without work stays below its memory limit, from its enrolment on', async () => {
  const { pid } = worker.start({ main: [MAIN] });
  await vi.waitFor(() => expect(plane.heartbeats.length, worker.output).toBeGreaterThan(HEARTBEATS), {
    timeout: 30_000,
  });
  expect(memoryMb(pid)).toBeLessThan(LIMIT_MB);
  expect(memoryMb(pid)).toBeGreaterThan(20);
});
