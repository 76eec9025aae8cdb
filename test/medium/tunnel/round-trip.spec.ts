import { RpcFault, callExtension, FrameTooLarge, TunnelClosed, TunnelRefused, TunnelTimeout } from '@coorchat/tunnel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collect, echoHandler, Gateway, type HarnessWorker, items, rpc, startWorker } from './tunnel.harness.js';

let gateway: Gateway;
const workers: HarnessWorker[] = [];

function start(...args: Parameters<typeof startWorker> extends [number, ...infer R] ? R : never): HarnessWorker {
  const started = startWorker(gateway.port, ...args);
  workers.push(started);
  return started;
}

beforeEach(async () => {
  gateway = await Gateway.start({ limits: { maxFrameBytes: 100_000 } });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map(({ worker }) => worker.stop({ graceMs: 0 })));
  await gateway.stop();
});

describe('a tunnel', () => {
  it('carries a request to the worker and its answer back', async () => {
    start(echoHandler);
    const session = await gateway.session();
    expect(await session.request(rpc('echo', { text: 'žluťoučký\n🐎' }))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { text: 'žluťoučký\n🐎' },
    });
    expect(session.openRequests).toBe(0);
  });

  it('carries a stream in order to its end', async () => {
    start(echoHandler);
    const session = await gateway.session();
    const got = await collect(session.stream(rpc('count', { to: 500 })));
    expect(got.map((item) => (item as { result: number }).result)).toEqual(
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
  });

  it('keeps a thousand concurrent streams apart', async () => {
    start((request) => {
      const { name } = request['params'] as { name: number };
      return Promise.resolve(items(20, (n) => `${name}:${n}`));
    });
    const session = await gateway.session();
    const streams = Array.from({ length: 1000 }, (_, name) => collect(session.stream(rpc('count', { name }))));
    const all = await Promise.all(streams);
    all.forEach((got, name) => {
      expect(got.map((item) => (item as { result: string }).result)).toEqual(
        Array.from({ length: 20 }, (_, i) => `${name}:${i + 1}`),
      );
    });
    expect(session.openRequests).toBe(0);
  });

  it('tells the worker when a consumer leaves a stream, and goes on', async () => {
    let aborted = 0;
    start(async (request, { signal }) => {
      await Promise.resolve();
      if (request['method'] === 'echo') return { jsonrpc: '2.0', id: 1, result: 'ok' };
      signal.addEventListener('abort', () => aborted++);
      return items(1_000_000);
    });
    const session = await gateway.session();
    for (let round = 1; round <= 50; round++) {
      for await (const item of session.stream(rpc('count'))) {
        expect(item).toBeDefined();
        break;
      }
    }
    await vi.waitFor(() => expect(aborted).toBe(50));
    expect(await session.request(rpc('echo'))).toMatchObject({ result: 'ok' });
  });

  it('tells the worker when the caller of a request gives up', async () => {
    const reasons: unknown[] = [];
    start(
      (_request, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            resolve({ jsonrpc: '2.0', id: 1, result: 'too late' });
          });
        }),
    );
    const session = await gateway.session();
    const caller = new AbortController();
    const asked = session.request(rpc('wait'), { signal: caller.signal });
    await vi.waitFor(() => expect(session.openRequests).toBe(1));
    setTimeout(() => caller.abort(new Error('changed my mind')), 20);
    await expect(asked).rejects.toThrow('changed my mind');
    await vi.waitFor(() => expect(reasons).toHaveLength(1));
    await expect(session.request(rpc('wait'), { timeoutMs: 20 })).rejects.toBeInstanceOf(TunnelTimeout);
    await vi.waitFor(() => expect(reasons).toHaveLength(2));
    expect(session.isOpen).toBe(true);
  });

  it('never sends a request that was taken back in the same tick', async () => {
    const seen: unknown[] = [];
    start((request) => {
      seen.push(request['method']);
      return Promise.resolve({ jsonrpc: '2.0', id: 1, result: null });
    });
    const session = await gateway.session();
    const caller = new AbortController();
    const asked = session.request(rpc('taken-back'), { signal: caller.signal });
    caller.abort(new Error('no'));
    await expect(asked).rejects.toThrow('no');
    await session.request(rpc('other'));
    expect(seen).toEqual(['other']);
  });

  it('answers what the handler throws as a JSON-RPC error, also in the middle of a stream', async () => {
    const { faults } = start(async (request) => {
      await Promise.resolve();
      if (request['method'] === 'unary') throw new Error('broken');
      return (async function* () {
        yield* items(2);
        throw new Error('broken stream');
      })();
    });
    const session = await gateway.session();
    await expect(callExtension(session, 'unary', {})).rejects.toBeInstanceOf(RpcFault);
    const got = await collect(session.stream(rpc('stream')));
    expect(got).toHaveLength(3);
    expect(got[2]).toMatchObject({ error: { code: -32603 } });
    expect(faults.map(({ where }) => where)).toEqual(['handler', 'handler']);
  });

  it('refuses a request above the frame size before sending it', async () => {
    start(echoHandler);
    const session = await gateway.session();
    const error: unknown = await session.request(rpc('echo', 'é'.repeat(50_001))).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FrameTooLarge);
    expect(error).toMatchObject({ delivered: 'no' });
    expect(await session.request(rpc('echo', 'é'.repeat(49_000)))).toBeDefined();
  });

  it('answers with an error when an answer is above the frame size, and stays open', async () => {
    start(async (request) => {
      await Promise.resolve();
      const large = { jsonrpc: '2.0', id: 1, result: 'x'.repeat(100_001) };
      if (request['method'] === 'unary') return large;
      return (async function* () {
        yield* items(1);
        yield large;
      })();
    });
    const session = await gateway.session();
    await expect(callExtension(session, 'unary', {})).rejects.toThrow(/above the agreed size/);
    const got = await collect(session.stream(rpc('stream')));
    expect(got.at(-1)).toMatchObject({ error: { code: -32603 } });
    expect(session.isOpen).toBe(true);
  });

  it('carries acknowledgements, leases, verdicts, drain and heartbeats', async () => {
    const heard: unknown[] = [];
    start(echoHandler, {
      hooks: {
        onAck: (acks) => heard.push(['ack', acks.length]),
        onLease: (leases) => heard.push(['lease', leases]),
        onVerdict: (verdicts) => heard.push(['verdict', verdicts]),
        onDrain: () => heard.push('drain'),
        load: () => ({ running: 3 }),
      },
    });
    const session = await gateway.session();
    session.ack(Array.from({ length: 2500 }, (_, seq) => ({ taskId: 'att_1', seq })));
    session.extendLeases([{ attemptId: 'att_1', leaseMs: 1000 }]);
    session.sendVerdicts([{ attemptId: 'att_1', verdict: 'abandon' }]);
    session.drain();
    await vi.waitFor(() => expect(heard).toHaveLength(6));
    expect(heard).toEqual([
      ['ack', 1000],
      ['ack', 1000],
      ['ack', 500],
      ['lease', [{ attemptId: 'att_1', leaseMs: 1000 }]],
      ['verdict', [{ attemptId: 'att_1', verdict: 'abandon' }]],
      'drain',
    ]);
    await vi.waitFor(() => expect(gateway.heartbeats).toContainEqual({ running: 3 }));
  });

  it('hands A2A service parameters to the handler', async () => {
    start((_request, { params }) => Promise.resolve({ jsonrpc: '2.0', id: 1, result: params }));
    const session = await gateway.session();
    const answer = await session.request(rpc('echo'), { params: { 'A2A-Version': '1.0' } });
    expect(answer).toMatchObject({ result: { 'A2A-Version': '1.0' } });
  });

  it('lets requests wait until the worker has heard its verdicts', async () => {
    const order: string[] = [];
    const heard = Promise.withResolvers<void>();
    start(
      (request) => {
        order.push('request');
        return echoHandler(request, { signal: new AbortController().signal, params: {} });
      },
      { hooks: { onWelcome: () => heard.promise.then(() => void order.push('welcome')) } },
    );
    const session = await gateway.session();
    const asked = session.request(rpc('echo'));
    await vi.waitFor(() => expect(gateway.heartbeats.length).toBeGreaterThan(0));
    heard.resolve();
    await asked;
    expect(order).toEqual(['welcome', 'request']);
  });

  it('answers what is at work before it stops, and refuses what comes meanwhile', async () => {
    const answer = Promise.withResolvers<object>();
    let atWork = 0;
    const { worker, running, states } = start(() => {
      atWork++;
      return answer.promise;
    });
    const session = await gateway.session();
    const asked = session.request(rpc('slow'));
    await vi.waitFor(() => expect(atWork).toBe(1));
    const stopped = worker.stop({ graceMs: 5000 });
    await vi.waitFor(() => expect(gateway.draining).toBe(1));
    await expect(session.request(rpc('late'))).rejects.toBeInstanceOf(TunnelRefused);
    answer.resolve({ jsonrpc: '2.0', id: 1, result: 'done' });
    expect(await asked).toMatchObject({ result: 'done' });
    await stopped;
    await running;
    expect(states.slice(-2)).toEqual(['draining', 'stopped']);
    expect((await session.closed).code).toBe(1001);
    await expect(session.request(rpc('gone'))).rejects.toMatchObject({ name: 'TunnelClosed', delivered: 'no' });
  });

  it('ends an open stream with an error when either side closes, never silently', async () => {
    const { worker } = start(() => Promise.resolve(items(1_000_000)));
    const session = await gateway.session();
    const reading = collect(session.stream(rpc('count')));
    reading.catch(() => undefined);
    await vi.waitFor(() => expect(session.openRequests).toBe(1));
    await worker.stop({ graceMs: 0 });
    await expect(reading).rejects.toBeInstanceOf(TunnelClosed);
  });
});
