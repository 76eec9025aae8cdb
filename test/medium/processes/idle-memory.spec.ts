import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../tools/cluster/control-plane.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Below the aim of docs/performance.md, which counts workers and a warm-up too. */
const LIMIT_MB = 225;

let folder: string;
let plane: ControlPlane;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-idle-'));
  plane = await startControlPlane({ root: ROOT, dataDir: path.join(folder, 'data'), env: {} });
});
afterAll(async () => {
  await plane.process.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a control plane that has just become ready, with everything in one process, stays below its memory limit', () => {
  const pid = String(plane.process.child.pid);
  const memoryMb = Number(execFileSync('ps', ['-o', 'rss=', '-p', pid], { encoding: 'utf8' })) / 1024;
  expect(memoryMb).toBeLessThan(LIMIT_MB);
  expect(memoryMb).toBeGreaterThan(40);
});
