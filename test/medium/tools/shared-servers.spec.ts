import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedServerPool, type ToolServerConfig } from '../../../apps/worker/src/tools/index.js';
import { temporaryRoot } from '../toolbox/toolbox-client.js';
import { grantOf } from './tool-grant-fixture.js';

let folder: ReturnType<typeof temporaryRoot>;
let pool: SharedServerPool;
let troubles: string[];

function fixture(env: Record<string, string> = {}): ToolServerConfig {
  return { command: process.execPath, args: [resolve('test/medium/tools/fixture-server.mjs')], env };
}

function startPool(server: ToolServerConfig = fixture(), healthIntervalMs = 60_000): void {
  const restart = { baseMs: 20, maxMs: 100, factor: 2, jitter: 0 };
  const onTrouble = (message: string) => troubles.push(message);
  pool = new SharedServerPool({ servers: { db: server }, restart, onTrouble, healthIntervalMs });
  pool.start();
}

function call(
  name: string,
  args: Record<string, unknown> = {},
  options: { signal?: AbortSignal; timeoutMs?: number } = {},
) {
  const { signal = new AbortController().signal, timeoutMs } = options;
  return pool.call({ server: 'db', name, arguments: args, grant: grantOf({ mcpServers: ['db'] }), signal, timeoutMs });
}

beforeEach(() => {
  folder = temporaryRoot();
  troubles = [];
});

afterEach(async () => {
  await pool.close();
  folder.remove();
});

describe('the servers of the machine’s owner', () => {
  it('are one process for all calls, which start with the first that waits', async () => {
    startPool();
    const pids = await Promise.all([call('pid'), call('pid'), call('pid')]);
    expect(new Set(pids.map(({ text }) => text)).size).toBe(1);
    expect(await call('noop')).toEqual({ text: 'ok', structured: { ok: true }, isError: false });
  });

  it('are only for tasks whose grant names them', async () => {
    startPool();
    const signal = new AbortController().signal;
    const base = { server: 'db', name: 'noop', arguments: {}, signal };
    await expect(pool.call({ ...base, grant: grantOf({ mcpServers: ['other'] }) })).rejects.toMatchObject({
      code: 'worker.server_not_granted',
    });
    await expect(pool.call({ ...base, server: 'x', grant: grantOf({ mcpServers: ['*'] }) })).rejects.toMatchObject({
      code: 'worker.no_such_server',
    });
    await expect(call('nope')).rejects.toMatchObject({ code: 'worker.no_such_tool' });
  });

  it('answer a failed tool as a result', async () => {
    startPool();
    expect(await call('fail')).toEqual({ text: 'no such row', isError: true });
  });

  it('are started again after a crash; the call that was under way says so', async () => {
    startPool();
    const before = await call('pid');
    const crashed = await call('crash');
    expect(crashed).toMatchObject({ isError: true, text: expect.stringContaining('crashed and was restarted') });
    const after = await call('pid');
    expect(after.isError).toBe(false);
    expect(after.text).not.toBe(before.text);
    expect(troubles).toEqual([expect.stringContaining('crashed')]);
  });

  it('repeat a read that a crash interrupted, once', async () => {
    startPool();
    expect(await call('crash_once', { marker: join(folder.path, 'marker') })).toMatchObject({ text: 'second time' });
    expect(await call('crash.always')).toMatchObject({ isError: true });
  });

  it('are tried again when they do not start, and their last words are told', async () => {
    const broken = join(folder.path, 'broken');
    writeFileSync(broken, '');
    startPool(fixture({ FAIL_START_FILE: broken }));
    await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(1), { timeout: 15_000 });
    expect(troubles[0]).toContain('the database is not reachable');
    rmSync(broken);
    expect(await call('noop')).toMatchObject({ isError: false });
  });

  it('end a call at its time limit and on abort, and serve on', async () => {
    startPool();
    expect(await call('slow', {}, { timeoutMs: 100 })).toMatchObject({
      isError: true,
      text: expect.stringContaining('100 ms'),
    });
    const cancel = new AbortController();
    const slow = call('slow', {}, { signal: cancel.signal });
    cancel.abort(new Error('cancelled'));
    await expect(slow).rejects.toThrow('cancelled');
    expect(await call('noop')).toMatchObject({ isError: false });
  });

  it('are killed and started again when they no longer answer', async () => {
    startPool(fixture(), 300);
    const before = await call('pid');
    await call('freeze');
    await vi.waitFor(() => expect(troubles.join()).toContain('does not answer'), { timeout: 10_000 });
    await vi.waitFor(async () => expect((await call('pid', {}, { timeoutMs: 500 })).text).not.toBe(before.text), {
      timeout: 15_000,
    });
  });

  it('end with the pool even when they answer nothing any more', async () => {
    startPool(fixture(), 300);
    const { text } = await call('pid');
    await call('freeze');
    await vi.waitFor(() => expect(troubles.join()).toContain('does not answer'), { timeout: 10_000 });
    await pool.close();
    expect(existsSync(`/proc/${text}`)).toBe(false);
  });

  it('end with the pool', async () => {
    startPool();
    const { text } = await call('pid');
    await pool.close();
    await vi.waitFor(() => expect(existsSync(`/proc/${text}`)).toBe(false));
    await expect(call('noop')).rejects.toMatchObject({ code: 'worker.tool_server_closed' });
  });

  it('are started once for as long as nothing goes wrong', async () => {
    const starts = join(folder.path, 'starts');
    startPool(fixture({ STARTS_FILE: starts }));
    for (let i = 0; i < 5; i++) await call('noop');
    // The first connection may ask a process of its own which protocol it speaks.
    expect(readFileSync(starts, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('cost a call less than a millisecond when many tasks call at once', async () => {
    startPool();
    await Promise.all(Array.from({ length: 200 }, () => call('noop')));
    const calls = 2_000;
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: calls }, () => call('noop')));
    expect((performance.now() - startedAt) / calls).toBeLessThan(1);
  });
});
