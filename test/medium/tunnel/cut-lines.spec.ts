import { TcpProxy } from '@coorchat/testing';
import { type RpcHandler, TunnelClosed, type TunnelSession } from '@coorchat/tunnel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collect, Gateway, type HarnessWorker, items, rpc, startWorker } from './tunnel.harness.js';

const STREAMED = 40;
/** Makes items large enough to spread a stream over several messages. */
const PADDING = 'x'.repeat(4000);

interface Outcome {
  readonly call: number;
  readonly got: unknown[];
  readonly error: unknown;
}

class Peer {
  /** How often the worker was asked, per call. */
  readonly asked = new Map<number, number>();

  readonly handler: RpcHandler = async (request) => {
    await Promise.resolve();
    const { call } = request['params'] as { call: number };
    this.asked.set(call, (this.asked.get(call) ?? 0) + 1);
    if (request['method'] === 'stream') return items(STREAMED, (n) => ({ n, PADDING }));
    return { jsonrpc: '2.0', id: 1, result: { n: 1 } };
  };
}

async function attempt(session: TunnelSession, call: number): Promise<Outcome> {
  const got: unknown[] = [];
  try {
    if (call % 3 === 0) got.push(await session.request(rpc('unary', { call }), { timeoutMs: 5000 }));
    else for await (const item of session.stream(rpc('stream', { call }))) got.push(item);
    return { call, got, error: undefined };
  } catch (error) {
    return { call, got, error };
  }
}

function numbersOf(got: unknown[]): number[] {
  return got.map((item) => (item as { result: { n: number } }).result.n);
}

function expectHonest({ call, got, error }: Outcome, asked: number): void {
  const expected = call % 3 === 0 ? 1 : STREAMED;
  const numbers = numbersOf(got);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
  expect(asked).toBeLessThanOrEqual(1);
  if (error === undefined) {
    expect(numbers).toHaveLength(expected);
    expect(asked).toBe(1);
    return;
  }
  expect(error).toBeInstanceOf(TunnelClosed);
  if ((error as TunnelClosed).delivered === 'no') {
    expect(asked).toBe(0);
    expect(got).toEqual([]);
  }
}

describe('a line that breaks', () => {
  let gateway: Gateway;
  let proxy: TcpProxy;
  let started: HarnessWorker | undefined;

  afterEach(async () => {
    await started?.worker.stop({ graceMs: 0 });
    await proxy.close();
    await gateway.stop();
  });

  async function startAll(handler: RpcHandler): Promise<void> {
    gateway = await Gateway.start();
    proxy = await TcpProxy.start({ port: gateway.port });
    started = startWorker(proxy.port, handler);
  }

  /** Six calls at once on whatever session there is, again until a session survives them. Says how many rounds. */
  async function converse(peer: Peer): Promise<number> {
    peer.asked.clear();
    for (let round = 0; ; round++) {
      const session = await gateway.session();
      const calls = Array.from({ length: 6 }, (_, i) => attempt(session, round * 6 + i));
      const ended = await Promise.all(calls);
      for (const outcome of ended) expectHonest(outcome, peer.asked.get(outcome.call) ?? 0);
      if (ended.every(({ error }) => error === undefined)) return round + 1;
    }
  }

  for (const direction of ['up', 'down'] as const) {
    it(
      `loses nothing silently and repeats nothing when cut after any frame ${direction}`,
      { timeout: 60_000 },
      async () => {
        const peer = new Peer();
        await startAll(peer.handler);
        await converse(peer);
        let survived = false;
        let brokenRounds = 0;
        for (let frames = 0; !survived && frames < 60; frames++) {
          const cutsBefore = proxy.cuts;
          proxy.cutNext({ direction, frames });
          const old = gateway.current;
          proxy.cutNow();
          await old.closed;
          brokenRounds += (await converse(peer)) - 1;
          survived = proxy.cuts === cutsBefore + 1;
        }
        expect(brokenRounds).toBeGreaterThan(0);
        expect(survived).toBe(true);
      },
    );
  }

  it('loses nothing silently when cut in the middle of a frame', { timeout: 60_000 }, async () => {
    const peer = new Peer();
    await startAll(peer.handler);
    await converse(peer);
    for (const bytes of [0, 1, 150, 400, 900, 5000, 66_000, 70_001, 200_000, 400_003]) {
      proxy.cutNext({ direction: 'up', bytes });
      const old = gateway.current;
      proxy.cutNow();
      await old.closed;
      await converse(peer);
    }
    expect(proxy.cuts).toBeGreaterThan(10);
  });

  it('dials again when the control plane was away', async () => {
    await startAll(new Peer().handler);
    const first = await gateway.session();
    proxy.refuse();
    proxy.cutNow();
    await first.closed;
    const dialled = proxy.connections;
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(dialled + 2));
    proxy.heal();
    const second = await gateway.session();
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(started?.states).toContain('waiting');
  });

  it('says unknown of a request that was on its way, and no of one that was never sent', async () => {
    await startAll(new Peer().handler);
    const session = await gateway.session();
    const asked = session.request(rpc('unary', { call: 0 }));
    session.close(1001, 'too early for the request');
    await expect(asked).rejects.toMatchObject({ name: 'TunnelClosed', delivered: 'unknown', code: 1001 });
    const second = await gateway.session();
    proxy.cutNow();
    await second.closed;
    await expect(second.request(rpc('unary', { call: 1 }))).rejects.toMatchObject({ delivered: 'no' });
  });

  it('delivers what arrived before it reports the break', async () => {
    const stuck = Promise.withResolvers<void>();
    await startAll(() =>
      Promise.resolve(
        (async function* () {
          yield* items(5);
          await stuck.promise;
        })(),
      ),
    );
    const session = await gateway.session();
    const got: unknown[] = [];
    const reading = (async () => {
      for await (const item of session.stream(rpc('stream'))) {
        got.push(item);
        if (got.length === 5) proxy.cutNow();
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(TunnelClosed);
    expect(got).toHaveLength(5);
    stuck.resolve();
    const all = await collect((await gateway.session()).stream(rpc('stream')));
    expect(all).toHaveLength(5);
  });
});
