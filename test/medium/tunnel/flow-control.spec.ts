import { WebSocket } from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collect, Gateway, type HarnessWorker, items, rpc, startWorker } from './tunnel.harness.js';
import { rawWorker } from './raw-worker.js';

const KIB = 1024;
const LIMITS = { creditBytes: 256 * KIB, streamCreditBytes: 32 * KIB, maxFrameBytes: 64 * KIB };
const PADDING = 'x'.repeat(4 * KIB);

let gateway: Gateway;
let started: HarnessWorker | undefined;

afterEach(async () => {
  await started?.worker.stop({ graceMs: 0 });
  await gateway.stop();
});

/** Counts what the worker's sources had to give, per stream. */
async function startCounting(): Promise<Map<unknown, number>> {
  const produced = new Map<unknown, number>();
  gateway = await Gateway.start({ limits: LIMITS });
  started = startWorker(gateway.port, async (request) => {
    await Promise.resolve();
    if (request['method'] === 'unary') return { jsonrpc: '2.0', id: 1, result: PADDING };
    const { name, to } = request['params'] as { name: string; to: number };
    return items(to, (n) => {
      produced.set(name, n);
      return { n, PADDING };
    });
  });
  return produced;
}

/** Waits until a number no longer changes. */
async function settled(read: () => number | undefined): Promise<number> {
  let last: number | undefined;
  return vi.waitFor(
    () => {
      const now = read();
      const same = now === last && now !== undefined;
      last = now;
      if (!same) throw new Error('still moving');
      return now;
    },
    { interval: 100, timeout: 5000 },
  );
}

describe('flow control', () => {
  it('stops the source of a stream whose consumer stands still, within its window', async () => {
    const produced = await startCounting();
    const session = await gateway.session();
    const stream = session.stream(rpc('stream', { name: 'slow', to: 10_000 }));
    await stream.next();
    const ahead = await settled(() => produced.get('slow'));
    // The window, one overdraft, and the item that waits.
    expect(ahead * 4 * KIB).toBeLessThan(LIMITS.streamCreditBytes + 3 * 5 * KIB);
    await stream.return(undefined);
  });

  it('lets other streams and questions pass a consumer that stands still', async () => {
    const produced = await startCounting();
    const session = await gateway.session();
    const slow = ['a', 'b', 'c'].map((name) => session.stream(rpc('stream', { name, to: 10_000 })));
    for (const stream of slow) await stream.next();
    await settled(() => produced.get('c'));
    expect(await collect(session.stream(rpc('stream', { name: 'fast', to: 300 })))).toHaveLength(300);
    expect(await session.request(rpc('unary'))).toBeDefined();
    for (const stream of slow) await stream.return(undefined);
  });

  it('answers questions even when streams have used up all that they may', async () => {
    const produced = await startCounting();
    const session = await gateway.session();
    const slow = Array.from({ length: 20 }, (_, n) => session.stream(rpc('stream', { name: n, to: 10_000 })));
    for (const stream of slow) void stream.next();
    await settled(() => [...produced.values()].reduce((sum, n) => sum + n, 0));
    for (let n = 0; n < 50; n++) expect(await session.request(rpc('unary'), { timeoutMs: 2000 })).toBeDefined();
    session.close(1001, 'enough');
  });

  it('goes on where it stopped, and delivers everything once', async () => {
    await startCounting();
    const session = await gateway.session();
    const release = session.holdOutput();
    const reading = collect(session.stream(rpc('stream', { name: 'held', to: 500 })));
    await vi.waitFor(() => expect(session.openRequests).toBe(1));
    release();
    const got = await reading;
    expect(got.map((item) => (item as { result: { n: number } }).result.n)).toEqual(
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
  });

  it('withholds credit until a consumer says that it has stored the items', async () => {
    const produced = await startCounting();
    const session = await gateway.session();
    const pending: (() => void)[] = [];
    let taken = 0;
    const reading = (async () => {
      for await (const item of session.streamItems(rpc('stream', { name: 'stored', to: 200 }))) {
        taken++;
        pending.push(item.consumed);
      }
    })();
    const ahead = await settled(() => produced.get('stored'));
    expect(ahead).toBeLessThan(20);
    while (taken < 200) {
      for (const consumed of pending.splice(0)) consumed();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
  });

  it('gives all credit back, whatever way a thousand streams end', async () => {
    const produced = await startCounting();
    const session = await gateway.session();
    for (let n = 0; n < 1000; n++) {
      const stream = session.stream(rpc('stream', { name: n, to: 30 }));
      for (let read = 0; read < n % 7; read++) await stream.next();
      await stream.return(undefined);
    }
    expect(produced.size).toBeGreaterThan(0);
    expect(await collect(session.stream(rpc('stream', { name: 'last', to: 300 })))).toHaveLength(300);
  });

  it('closes the line of a worker that sends without credit', async () => {
    gateway = await Gateway.start({ limits: LIMITS });
    const peer = await rawWorker(gateway.port);
    const session = await gateway.session();
    const stream = session.stream(rpc('stream'));
    const first = stream.next();
    const request = await peer.frame('request');
    for (let n = 1; n <= 100 && peer.socket.readyState === WebSocket.OPEN; n++) {
      peer.send({ type: 'item', id: request['id'], n, body: { jsonrpc: '2.0', id: 1, result: PADDING } });
    }
    await first;
    expect((await peer.closed).code).toBe(4429);
    expect((await session.closed).code).toBe(4429);
  });
});
